import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { renderBehaviour } from './peer-behaviour.ts'

it('docs/peer-behaviour.md says what the table of the code says', () => {
  const file = join(import.meta.dirname, '../../../../docs/peer-behaviour.md')
  expect(readFileSync(file, 'utf8')).toBe(renderBehaviour())
})
