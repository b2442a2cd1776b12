import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'

const schema = JSON.parse(readFileSync(new URL('../../lines.schema.json', import.meta.url), 'utf8')) as object
const validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema)

/** Each line is what `lines.schema.json` says. */
export function expectInSchema(lines: readonly unknown[]): void {
  expect(lines.length).toBeGreaterThan(0)
  for (const line of lines) {
    expect(validate(line), `${JSON.stringify(line)}\n${JSON.stringify(validate.errors)}`).toBe(true)
  }
}
