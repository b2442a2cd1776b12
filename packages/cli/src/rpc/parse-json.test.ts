import { describe, expect, it } from 'vitest'
import { parseJson } from './parse-json.ts'

const arrays = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

describe('a text of a caller', () => {
  it.each([
    ['{"a":[1,{"b":"]}"}]}', { a: [1, { b: ']}' }] }],
    ['"\\\\"', '\\'],
    ['["\\"[","\\\\\\"{"]', ['"[', '\\"{']],
    [JSON.stringify('[{'.repeat(10_000)), '[{'.repeat(10_000)],
    [`[${'[],'.repeat(1_000)}[]]`, Array.from({ length: 1_001 }, () => [])],
  ])('%.40s is what it says', (text, value) => {
    expect(parseJson(text)).toEqual(value)
  })

  it('may be as deep as to Core, and no deeper', () => {
    for (const text of [arrays(512), objects(512)]) expect(() => parseJson(text)).not.toThrow()
    for (const text of [arrays(513), objects(513), `["\\\\",${arrays(512)}]`]) {
      expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: -32700 }))
    }
  })

  it.each(['', '{', '"', '"\\"', 'nul', '[1', '1]'])('that is %j is no JSON', (text) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: -32700, message: 'Parse error' }))
  })

  it('is refused by a look at it, also as large as a body may be', () => {
    for (const text of ['['.repeat(0x02000000), '{"a":'.repeat(5_000_000)]) {
      const started = process.cpuUsage()
      expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: -32700 }))
      const { user } = process.cpuUsage(started)
      // JSON.parse of them takes many seconds, or the memory of the process.
      expect(user).toBeLessThan(100_000)
    }
  })
})
