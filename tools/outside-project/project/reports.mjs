import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { parse } from 'parse5'
import { Parser } from 'tap-parser'

const text = (kind) => readFileSync(`report.${kind}`, 'utf8')
const schema = createRequire(import.meta.url)('@sapwood/conform/report.schema.json')
const report = JSON.parse(text('json'))
const cases = report.results.length
const failed = report.results.filter(({ verdict }) => verdict === 'failed').length
assert.equal(failed, 1)

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)
assert.ok(validate(report), JSON.stringify(validate.errors))
assert.ok(!validate({ ...report, side: 'neither' }))

assert.equal(XMLValidator.validate(text('junit')), true)
const { testsuite } = new XMLParser({ ignoreAttributes: false }).parse(text('junit'))
assert.equal(testsuite.testcase.length, cases)
assert.equal(testsuite['@_tests'], String(cases))
assert.equal(testsuite.testcase.filter((each) => each.failure !== undefined).length, failed)

const parser = new Parser()
let results
parser.on('complete', (all) => (results = all))
parser.end(text('tap'))
assert.equal(results.count, cases)
assert.equal(results.fail, failed)
assert.deepEqual(results.failures.map(({ tapError }) => tapError).filter(Boolean), [])
assert.match(results.failures[0].diag.wire, /-> inv/)

const faults = []
parse(text('html'), { onParseError: ({ code }) => faults.push(code) })
assert.deepEqual(faults, [])
console.log(
  `reports: ${cases} cases, ${failed} failed, as ajv, fast-xml-parser, tap-parser and parse5 read them`,
)
