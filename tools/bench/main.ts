import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import type { Figure } from './measure.ts'

const root = resolve(import.meta.dirname, '../..')
const usage = 'usage: npm run bench -- <name> [--json] [--only <part of a file name>]'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
})
const [name] = positionals
const files = name === undefined ? [] : benchFiles(name).filter((file) => file.includes(values.only))
if (name === undefined || positionals.length > 1 || files.length === 0) {
  console.error(usage)
  console.error(`names: ${benchNames().join(', ')}`)
  process.exit(2)
}

const built = spawnSync('npx', ['nx', 'run-many', '-t', 'build'], { cwd: root, encoding: 'utf8' })
if (built.status !== 0) {
  console.error(built.stdout + built.stderr)
  process.exit(1)
}

let failed = 0
if (!values.json) console.log(row(['name', 'ours', 'unit', 'reference', 'against', 'ratio']))
for (const file of files) {
  const code = await run(file)
  if (code !== 0) {
    failed++
    console.error(`${file} ended with ${code}`)
  }
}
process.exit(failed === 0 ? 0 : 1)

function packages(): string[] {
  return readdirSync(join(root, 'packages')).map((each) => join(root, 'packages', each, 'bench'))
}

function benchFiles(bench: string): string[] {
  return packages()
    .map((folder) => join(folder, bench))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.bench.ts'))
}

function benchNames(): string[] {
  const names = packages()
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && benchFiles(entry.name).length > 0)
  return [...new Set(names.map((entry) => entry.name))].sort()
}

function run(file: string): Promise<number> {
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      ['--expose-gc', '--import', 'tsx', join(import.meta.dirname, 'child.ts'), file],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    createInterface({ input: child.stdout }).on('line', (line) => {
      console.log(values.json ? line : pretty(line))
    })
    child.once('close', (code) => {
      done(code ?? 1)
    })
  })
}

function pretty(line: string): string {
  const { name: figureName, ours, unit, reference, referenceName, ratio } = JSON.parse(line) as Figure
  return row([figureName, ours, unit, reference ?? '', referenceName ?? '', ratio ?? ''])
}

function row(cells: readonly (string | number)[]): string {
  const widths = [34, 12, 10, 12, 30, 8]
  return cells.map((cell, index) => String(cell).padEnd(widths[index]!)).join(' ')
}
