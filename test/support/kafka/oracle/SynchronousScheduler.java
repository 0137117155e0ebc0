import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.server.util.Scheduler;

/**
 * Runs what is due at once in the caller's thread, and never what is due later. So a flush after a roll has happened when the call
 * returns, and a file that Kafka would unlink after file.delete.delay.ms stays as *.deleted for the test to see.
 */
final class SynchronousScheduler implements Scheduler {
  @Override
  public void startup() {}

  @Override
  public void shutdown() {}

  @Override
  public ScheduledFuture<?> schedule(String name, Runnable task, long delayMs, long periodMs) {
    if (delayMs == 0 && periodMs < 0) task.run();
    return new Never();
  }

  @Override
  public void resizeThreadPool(int size) {}

  /** What Kafka cancels when it closes a log. */
  private static final class Never extends FutureTask<Void> implements ScheduledFuture<Void> {
    Never() {
      super(() -> null);
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return Long.MAX_VALUE;
    }

    @Override
    public int compareTo(Delayed other) {
      return 0;
    }
  }
}
