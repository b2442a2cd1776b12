import { describe, expect, it } from 'vitest'
import type { Report } from '../model/result.ts'
import { htmlOf } from './html.ts'
import { labelled } from './labels.ts'

const report = (agent: string, more: Partial<Report> = {}): Report => ({
  format: 1,
  suite: '0.3.0',
  agent,
  side: 'listens',
  results: [],
  ...more,
})
const labelsOf = (reports: readonly Report[], names?: readonly string[]): readonly (string | undefined)[] =>
  labelled(reports, names).map(({ label }) => label)

describe('reports of one agent', () => {
  it('are told apart by their labels, by their files, or by their numbers', () => {
    const pruned = report('/a/', { label: 'pruned' })
    expect(labelsOf([report('/a/'), report('/b/'), report('/a/')])).toEqual(['#1', undefined, '#3'])
    expect(labelsOf([report('/a/'), report('/a/')], ['x.json', 'y.json'])).toEqual(['x.json', 'y.json'])
    expect(labelsOf([report('/a/'), pruned])).toEqual([undefined, 'pruned'])
    expect(labelsOf([pruned, pruned])).toEqual(['pruned (#1)', 'pruned (#2)'])
    expect(labelsOf([report('/a/'), report('/a/', { side: 'dials' })])).toEqual([undefined, undefined])
  })

  it('of several versions of the suite make one matrix, with the level that the newest gives a case', () => {
    const result = (name: string, level: 'must' | 'core', outcome: string) => ({
      name,
      level,
      transport: 'v1' as const,
      verdict: 'passed' as const,
      outcome,
      accepts: [outcome],
      source: { place: 'x', says: `As a ${level}.` },
      milliseconds: 1,
    })
    const page = htmlOf([
      report('/old/', {
        suite: '0.9.0',
        results: [result('inv/a', 'must', 'one'), result('inv/gone', 'core', 'two')],
      }),
      report('/new/', {
        suite: '0.10.0',
        results: [result('inv/a', 'core', 'three'), result('inv/b', 'core', 'four')],
      }),
    ])
    const rowOf = (name: string): string =>
      page.split('<tr>').find((row) => row.includes(`<code>${name}</code>`))!
    expect(rowOf('inv/a')).toMatch(/title="As a core\. \(x\)".*<td>core<\/td>.*one.*three/)
    expect(rowOf('inv/gone')).toMatch(/two<\/td><td><\/td><td><\/td><td><\/td>/)
    expect(rowOf('inv/b')).toMatch(/<td>core<\/td><td><\/td><td><\/td><td class="passed" title="">four/)
    expect(page).toContain('suite 0.9.0')
    expect(page).toContain('suite 0.10.0')
  })

  it('have heads of their own in the page, with no markup of a label', () => {
    const page = htmlOf([report('/a/'), report('/a/', { label: '<pruned>' }), report('/a/')])
    const rows = page.match(/<td><b>[^<]*<\/b><br>\/a\//g)
    expect(rows).toEqual(['#1', '&lt;pruned&gt;', '#3'].map((label) => `<td><b>${label}</b><br>/a/`))
  })
})
