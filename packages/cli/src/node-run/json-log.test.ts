import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVirtualClock } from '@sapwood/transport-v1v2/testing'
import { afterAll, expect, it } from 'vitest'
import { openLog } from './json-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'sapwood-log-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('writes the words of others as what cannot steer a terminal, and means the same', () => {
  const said = 'no\u007f\u009b2J\u202e\u2028'
  const file = join(folder, 'node.log')
  const lines: string[] = []
  const log = openLog(file, createVirtualClock(), false, (line) => lines.push(line))
  log.warn({ err: new Error(said) }, `not connected: ${said}`)
  log.close()
  expect(lines.join('')).toMatch(/^[\n -~]*$/)
  expect(readFileSync(file, 'utf8')).toBe(lines.join(''))
  const { msg, err } = JSON.parse(lines[0]!) as { msg: string; err: { message: string } }
  expect([msg, err.message]).toEqual([`not connected: ${said}`, said])
})
