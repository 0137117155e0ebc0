import { describe, expect, test } from 'vitest'
import { RefusedError } from '../../src/base/errors.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { directoryOwner } from '../../src/storage/directory-ownership.ts'

function directory(files: Readonly<Record<string, string>>): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem()
  fileSystem.makeDirectory('/log')
  for (const [name, text] of Object.entries(files)) {
    const file = fileSystem.open(`/log/${name}`, 'create')
    file.write(new TextEncoder().encode(text), 0)
    file.close()
  }
  return fileSystem
}

const catalog = '{"version":1,"topics":{}}'

describe('a directory whose meta.properties', () => {
  test.each(['version=2', '#\n node.id=1\nversion = 3\r\n', 'version:10\n'])(
    'is of a newer format (%j) is refused, whosever it is',
    (text) => {
      for (const files of [{ 'meta.properties': text }, { 'meta.properties': text, 'tslog-topics.json': catalog }]) {
        expect(() => directoryOwner(directory(files), '/log')).toThrow(RefusedError)
      }
    },
  )

  test.each(['version=0', 'version=1\n', '', 'version=x', 'node.id=9\n#version=9'])(
    'is known or damaged (%j) is worked on',
    (text) => {
      expect(directoryOwner(directory({ 'meta.properties': text }), '/log')).toBe('kafka')
      expect(directoryOwner(directory({ 'meta.properties': text, 'tslog-topics.json': catalog }), '/log')).toBe('tslog')
    },
  )
})
