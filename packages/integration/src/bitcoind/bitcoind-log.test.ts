import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { BitcoindLog, lastLines } from './bitcoind-log.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-log-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function logOf(name: string, text: string): BitcoindLog {
  const file = join(folder, name)
  writeFileSync(file, text)
  return new BitcoindLog(file)
}

it('has its last lines, whole ones, of a long log too', () => {
  expect(logOf('short', 'one\ntwo\nthree\n').tail(2)).toBe('two\nthree')
  expect(logOf('shorter', 'one\n').tail(2)).toBe('one')
  const line = 'x'.repeat(30_000)
  expect(logOf('long', `${`${line}\n`.repeat(9)}the last\n`).tail()).toBe(`${line}\n${line}\nthe last`)
  expect(logOf('without an end', 'y'.repeat(200_000)).tail()).toHaveLength(65_536)
})

it('is shown by errors, under its name where it is not the only one', () => {
  const [one, other, empty] = [logOf('one', 'a\n'), logOf('other', 'b\n'), logOf('empty', '')]
  const none = new BitcoindLog(join(folder, 'none'))
  expect(lastLines(one)).toEqual({ log: 'a' })
  expect(lastLines(one, other, none)).toEqual({ log: `${one.file}:\na\n${other.file}:\nb` })
  expect([lastLines(), lastLines(none), lastLines(empty, none)]).toEqual([{}, {}, {}])
})
