import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type PackedPackages, sh } from '../check-packages/pack.ts'
import type { Runner } from './runners.ts'

const root = resolve(import.meta.dirname, '../..')

/** What npm is told wherever it installs for a check. */
export const QUIETLY = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'] as const

/** Where the bitcoind of this repository's own tests is, so that none is fetched a second time. */
const SAPWOOD_CACHE = process.env['SAPWOOD_CACHE'] ?? join(root, '.cache')

/** Parsers of others, for what the conformance suite writes. */
export const PARSERS = { ajv: '8.20.0', 'fast-xml-parser': '5.12.1', 'tap-parser': '18.3.4', parse5: '8.1.1' }

/**
 * A project of somebody else, made of the packed archives: it tests a small wallet, and runs the conformance
 * suite.
 */
export class OutsideProject {
  readonly #folder: string

  /** @param packages what it has of npm besides. */
  constructor(packed: PackedPackages, folder: string, packages: Readonly<Record<string, string>>) {
    this.#folder = folder
    cpSync(join(import.meta.dirname, 'project'), folder, { recursive: true })
    const ours = packed.dependenciesOn('@sapwood/integration', '@sapwood/node', '@sapwood/conform')
    const manifest = { private: true, type: 'module', dependencies: { ...ours, ...packages } }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
    sh('npm', ['install', ...QUIETLY], folder)
  }

  /** The tests have to pass, and to find a fault that is put into the wallet. @throws Error */
  test(node: string, { name, args, finds }: Runner): void {
    const title = `${name} on Node.js ${sh(node, ['--version'], this.#folder).trim()}`
    const right = this.#run(node, args)
    if (right.status !== 0) throw new Error(`${title}: the tests of the wallet do not pass\n${right.said}`)
    const wrong = this.#run(node, args, { WALLET_FAULT: 'forgets-reorgs' })
    if (wrong.status === 0 || !finds.test(wrong.said))
      throw new Error(`${title}: the fault in the wallet was not found\n${wrong.said}`)
    console.log(`${title}: the wallet's tests pass, and find the fault that was put in`)
  }

  /**
   * The conformance suite as its archive has it: on a node that listens, on one that does not hear of
   * everything, and on an argument that it refuses.
   * @throws Error
   */
  async conform(): Promise<void> {
    const env = { ...process.env, SAPWOOD_CACHE }
    const peer = spawn(process.execPath, ['peer.mjs'], {
      cwd: this.#folder,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    try {
      const [address] = (await once(peer.stdout.setEncoding('utf8'), 'data')) as [string]
      const command = ['--no-install', '@sapwood/conform', address.trim(), '--wait', '60000']
      const reports = ['json', 'junit', 'tap', 'html'].flatMap((kind) => [`--${kind}`, `report.${kind}`])
      const chosen = ['--only', 'bip31/ping/', '--only', 'inv/50001']
      const said = sh('npx', [...command, ...chosen, ...reports], this.#folder)
      if (!/ [1-9]\d* passed, 1 failed/.test(said)) throw new Error(`conform passed something else\n${said}`)
      const refused = spawnSync('npx', [...command, '--only', 'no/such/case'], { cwd: this.#folder })
      if (refused.status !== 2)
        throw new Error(`conform ended with ${String(refused.status)} for a case that is not`)
      console.log('conform: runs from its archive, and says by its exit code what it did not understand')
    } finally {
      peer.kill()
    }
  }

  /** What `conform` has written, read by parsers of others. @throws Error */
  readReports(): void {
    const read = this.#run(process.execPath, ['reports.mjs'])
    if (read.status !== 0) throw new Error(`the reports of conform are not what they should be\n${read.said}`)
    console.log(read.said.trim())
  }

  #run(
    node: string,
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): { readonly status: number | null; readonly said: string } {
    // A test within a test would report to it, and not by its exit code.
    const env = { ...process.env, SAPWOOD_CACHE, NODE_TEST_CONTEXT: undefined, ...more }
    const { status, stdout, stderr } = spawnSync(node, args, { cwd: this.#folder, env, encoding: 'utf8' })
    return { status, said: `${stdout}${stderr}` }
  }
}

/** The version that the repository itself has of something. */
export function ownVersion(name: string): string {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly devDependencies: Readonly<Record<string, string>>
  }
  return manifest.devDependencies[name]!
}
