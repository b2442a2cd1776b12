import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

// Builds the WebAssembly modules of the packages: `packages/*/wasm/*.c` becomes
// `packages/*/src/crypto/*.wasm.ts`, which holds the bytes as text. With the same compiler the bytes are the
// same on every machine.

/** The repository. */
export const ROOT: string = resolve(import.meta.dirname, '../..')

/** What the bytes in the repository were built with: Debian 12's packages clang, lld and binaryen. */
const TOOLS: Readonly<Record<string, string>> = {
  clang: 'Debian clang version 14.0.6',
  'wasm-ld': 'Debian LLD 14.0.6',
  'wasm-opt': 'wasm-opt version 108',
}

/** Sources that are built for speed at the cost of twice the bytes: it is a sixth of a handshake. */
const FOR_SPEED: ReadonlySet<string> = new Set(['secp256k1.c'])

/** The sources of all modules. */
export function wasmSources(): string[] {
  return readdirSync(join(ROOT, 'packages'))
    .map((name) => join(ROOT, 'packages', name, 'wasm'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.c'))
}

/** Where the built bytes of a source are kept. */
export function builtFile(source: string): string {
  return join(source, '../../src/crypto', `${basename(source, '.c')}.wasm.ts`)
}

/** What is missing, or is another version than the bytes were built with; undefined where all is there. */
export function whatIsMissing(): string | undefined {
  for (const [tool, expected] of Object.entries(TOOLS)) {
    let version: string
    try {
      version = execFileSync(tool, ['--version'], { encoding: 'utf8' }).split('\n')[0]!
    } catch {
      return `${tool} is not installed (Debian 12: apt-get install clang lld binaryen)`
    }
    if (!version.startsWith(expected)) return `${tool} is "${version}", not "${expected}"`
  }
  return undefined
}

/** Compiles one source. @returns the text of its built file. */
export function buildWasm(source: string): string {
  const work = mkdtempSync(join(tmpdir(), 'sapwood-wasm-'))
  try {
    const [object, linked, optimised] = ['o', 'linked.wasm', 'wasm'].map((end) => join(work, `module.${end}`))
    const name = basename(source)
    const run = (tool: string, ...args: string[]): Buffer =>
      execFileSync(tool, args, { cwd: join(source, '..') })
    run(
      'clang',
      '--target=wasm32',
      FOR_SPEED.has(name) ? '-O2' : '-Oz',
      '-ffreestanding',
      '-mbulk-memory',
      '-msimd128',
      '-Wall',
      '-Werror',
      '-c',
      name,
      '-o',
      object!,
    )
    // Linked apart: clang would run an optimiser of its own choice by itself.
    run('wasm-ld', '--no-entry', '--strip-all', '-z', 'stack-size=16384', object!, '-o', linked!)
    run('wasm-opt', '-O3', '--enable-bulk-memory', '--enable-simd', linked!, '-o', optimised!)
    return fileText(readFileSync(optimised!), readFileSync(source))
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** SHA-256 of a source, as its built file tells it. */
export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function fileText(bytes: Buffer, source: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,100}/g)!
  return [
    '// Built by `npm run build:wasm`; not to be edited.',
    `// source: ${digestOf(source)}`,
    `// module: ${digestOf(bytes)}`,
    '',
    `/** A WebAssembly module of ${bytes.length} bytes, in base64. */`,
    'export const MODULE: string =',
    lines.map((line) => `  '${line}'`).join(' +\n'),
    '',
  ].join('\n')
}
