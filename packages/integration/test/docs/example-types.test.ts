import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { exampleIn, typeCheckExamples } from './example.ts'

const root = resolve(import.meta.dirname, '../../../..')
/** What runs in a page has other types; the test of its guide bundles and runs it. */
const IN_A_PAGE: ReadonlySet<string> = new Set(['in-a-browser worker', 'in-a-browser page'])
/** How many there are to be, at least. */
const MIN_EXAMPLES = 13
/** A compiler on a machine with much else to do takes its time. */
const TIMEOUT = 600_000

/** The examples of the README and of the guides, by the page and the name that each has there. */
async function allExamples(): Promise<Map<string, string>> {
  const guides = readdirSync(join(root, 'docs/guides')).filter((file) => file.endsWith('.md'))
  const examples = new Map<string, string>()
  for (const file of ['README.md', ...guides.map((guide) => `docs/guides/${guide}`)]) {
    const page = /([^/]+)\.md$/.exec(file)![1]!
    for (const [, name] of readFileSync(join(root, file), 'utf8').matchAll(/<!-- example: (\S+) -->/g))
      if (!IN_A_PAGE.has(`${page} ${name!}`)) examples.set(`${page}-${name!}`, await exampleIn(file, name!))
  }
  return examples
}

it(
  'the examples of the README and of the guides type-check as programs of somebody else',
  async () => {
    const examples = await allExamples()
    expect(examples.size).toBeGreaterThanOrEqual(MIN_EXAMPLES)
    expect(await typeCheckExamples(examples)).toBe('')
  },
  TIMEOUT,
)

it(
  'one whose types are wrong is told of',
  async () => {
    const code = "import { bytesToHex } from '@sapwood/wire-codec'\nbytesToHex(1)\n"
    expect(await typeCheckExamples(new Map([['wrong', code]]))).toMatch(/wrong\.mts\(2,12\): error TS2345/)
  },
  TIMEOUT,
)
