"""Reads a step a line, as JSON, and answers each with a line: {"ok": ...} or {"error": name}."""
import json
import sys
import threading
import time


def serve(steps, name_of):
    for line in sys.stdin:
        step = json.loads(line)
        try:
            answer = {"ok": steps[step.pop("do")](**step)}
        except Exception as error:
            answer = {"error": name_of(error)}
        print(json.dumps(answer), flush=True)


def until(condition, seconds=30):
    """Waits for something that must come true, and fails when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it did not come true")
        time.sleep(0.02)


class Member(threading.Thread):
    """A member of a group in a thread of its own: poll() returns the values that came, parts() the partitions it has."""

    def __init__(self, poll, parts, close):
        super().__init__(daemon=True)
        self._poll, self._parts, self._close = poll, parts, close
        self.values, self.partitions, self.history = [], [], []
        self._ends = False
        self.start()

    def run(self):
        while not self._ends:
            self.values += self._poll()
            now = sorted(self._parts())
            if now != self.partitions:
                self.history.append(now)
            self.partitions = now
        self._close()

    def end(self):
        self._ends = True
        self.join(30)


def share(member, count):
    """Two members share the partitions of a topic, and the one that stays takes over those of the other."""
    one = member(None)
    until(lambda: len(one.partitions) == count)
    alone = len(one.partitions)
    two = member(None)
    until(lambda: len(one.partitions) == len(two.partitions) == count // 2)
    shared = [len(one.partitions), len(two.partitions)]
    one.end()
    until(lambda: len(two.partitions) == count)
    after = len(two.partitions)
    two.end()
    return {"alone": alone, "shared": shared, "after": after, "values": sorted(set(one.values + two.values))}


def static(member, count):
    """A static member goes and comes back within its session: it has its partitions again, and the other one noticed nothing."""
    one, two = member("first"), member("second")
    until(lambda: len(one.partitions) == len(two.partitions) == count // 2)
    before, seen = two.partitions, len(one.history)
    two.end()
    again = member("second")
    until(lambda: again.partitions != [])
    same, undisturbed = again.partitions == before, len(one.history) == seen
    one.end()
    again.end()
    return {"same": same, "undisturbed": undisturbed}
