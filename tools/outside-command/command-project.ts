import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type PackedPackages, sh } from '../check-packages/pack.ts'
import { QUIETLY } from '../outside-project/outside-project.ts'

const root = resolve(import.meta.dirname, '../..')

/** How one call of the command ended. */
export interface Called {
  readonly status: number | null
  readonly out: string
  readonly err: string
  readonly milliseconds: number
}

/** How it is called. */
export interface CallOptions {
  readonly input?: string
  /** It is interrupted, as Ctrl-C does it, when its output matches. */
  readonly until?: RegExp
}

/** An empty project of somebody else, in which packages of ours are installed from their archives. */
export class CommandProject {
  readonly folder: string
  readonly #packed: PackedPackages
  readonly #running = new Set<ChildProcess>()
  #isLine: ((line: unknown) => boolean) | undefined

  constructor(packed: PackedPackages, folder: string, names: readonly string[]) {
    this.#packed = packed
    this.folder = folder
    mkdirSync(folder)
    this.install(...names)
  }

  #bin(command: string): string {
    return join(this.folder, 'node_modules/.bin', command)
  }

  /** Installs these packages of ours, and runs none of anybody's scripts. */
  install(...names: readonly string[]): void {
    const dependencies = this.#packed.dependenciesOn(...names)
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
    sh('npm', ['install', ...QUIETLY], this.folder)
  }

  /** All that the installation put on the disk, in bytes, by package. */
  sizes(): ReadonlyMap<string, number> {
    const modules = join(this.folder, 'node_modules')
    const names = readdirSync(modules).flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((each) => `${name}/${each}`) : [name],
    )
    return new Map(
      names.filter((name) => !name.startsWith('.')).map((name) => [name, bytesIn(join(modules, name))]),
    )
  }

  /** What a registry would have sent for it, in bytes: the archives, ours and those of others. */
  downloaded(): number {
    const locked = JSON.parse(readFileSync(join(this.folder, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly version?: string; readonly resolved?: string }>>
    }
    let sum = 0
    for (const [path, { version, resolved = '' }] of Object.entries(locked.packages)) {
      if (path === '') continue
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
      const ours = resolved.startsWith('file:')
      const [packed] = ours
        ? [{ size: statSync(this.#packed.archiveOf(name)).size }]
        : (JSON.parse(
            sh('npm', ['pack', '--json', '--prefer-offline', `${name}@${version}`], this.folder),
          ) as [{ size: number }])
      sum += packed.size
    }
    return sum
  }

  /** `npx sapwood …`, to its end. */
  async call(args: readonly string[], { input = '', until }: CallOptions = {}): Promise<Called> {
    const started = performance.now()
    // npx itself ends by the signal, whatever the command makes of it.
    const [program, ...first] =
      until === undefined ? ['npx', '--no-install', 'sapwood'] : [this.#bin('sapwood')]
    const child = spawn(program!, [...first, ...args], { cwd: this.folder })
    this.#running.add(child)
    const said = { out: '', err: '' }
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text
      if (until?.test(said.out) === true) {
        until = undefined
        child.kill('SIGINT')
      }
    })
    const [status] = (await once(child, 'close')) as [number | null]
    this.#running.delete(child)
    return { status, ...said, milliseconds: performance.now() - started }
  }

  /** Starts a command, and waits for what it says. `stop` ends it by SIGTERM. */
  async start(
    args: readonly string[],
    says: RegExp,
    command = 'sapwood',
  ): Promise<{ found: RegExpExecArray; ended: Promise<number | null>; stop(): Promise<number | null> }> {
    const child = spawn(this.#bin(command), args, {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#running.add(child)
    const ended = once(child, 'close').then(([status]) => {
      this.#running.delete(child)
      return status as number | null
    })
    let said = ''
    const found = await new Promise<RegExpExecArray>((found, failed) => {
      const hear = (text: string): void => {
        said += text
        const match = says.exec(said)
        if (match !== null) found(match)
      }
      child.stdout.setEncoding('utf8').on('data', hear)
      child.stderr.setEncoding('utf8').on('data', hear)
      void ended.then((status) =>
        failed(new Error(`sapwood ${args.join(' ')} ended with ${String(status)}\n${said}`)),
      )
    })
    const stop = (): Promise<number | null> => {
      child.kill('SIGTERM')
      return ended
    }
    return { found, ended, stop }
  }

  /** The lines of `--json`, each as the schema in the archive says. @throws Error */
  lines(out: string): readonly Record<string, unknown>[] {
    this.#isLine ??= new Ajv2020({ strict: false }).compile(
      JSON.parse(readFileSync(join(this.folder, 'node_modules/sapwood/lines.schema.json'), 'utf8')) as object,
    )
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const wrong = lines.find((line) => !this.#isLine!(line))
    if (wrong !== undefined) throw new Error(`not in the schema: ${JSON.stringify(wrong)}`)
    return lines
  }

  /** Ends whatever still runs. */
  end(): void {
    for (const child of this.#running) child.kill('SIGKILL')
  }
}

function bytesIn(path: string): number {
  const found = statSync(path)
  if (!found.isDirectory()) return found.size
  return readdirSync(path).reduce((sum, name) => sum + bytesIn(join(path, name)), 0)
}

/** Where the bitcoind of this repository's own tests is, so that none is fetched a second time. */
process.env['SAPWOOD_CACHE'] ??= join(root, '.cache')
