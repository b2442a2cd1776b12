import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline'

/** Where the programs are built. */
const FOLDER = resolve(import.meta.dirname, '../../.cache/bench')
const SOURCES = join(import.meta.dirname, 'peers')

/** A program of another language, and how its own tool builds it. */
interface Kind {
  /** As a figure names it. */
  readonly name: string
  readonly build: readonly string[]
  readonly executable: string
  /** Where its sources are. */
  readonly folder: string
  /** What the processor has to have, as `/proc/cpuinfo` names it. */
  readonly needs?: string
}

const KINDS: Readonly<Record<'rust' | 'go' | 'c', Kind>> = {
  rust: {
    name: 'rust bip324',
    build: ['cargo', 'build', '--release', '--target-dir', join(FOLDER, 'rust')],
    executable: join(FOLDER, 'rust/release/sapwood-bench-rust'),
    folder: join(SOURCES, 'rust'),
  },
  go: {
    name: 'btcd v2transport',
    build: ['go', 'build', '-mod=mod', '-o', join(FOLDER, 'bench-go'), '.'],
    executable: join(FOLDER, 'bench-go'),
    folder: join(SOURCES, 'go'),
  },
  c: {
    name: 'C with SHA-NI, hashes alone',
    build: ['cc', '-O3', '-msha', '-msse4.1', '-o', join(FOLDER, 'bench-limit'), 'limit.c'],
    executable: join(FOLDER, 'bench-limit'),
    folder: SOURCES,
    needs: 'sha_ni',
  },
}

/** A program of ours in another language that does the same work, at once and as often as it is told. */
export class PeerProgram implements Disposable {
  readonly name: string
  readonly #process: ChildProcess
  readonly #answers: AsyncIterator<string>
  readonly #lines: Interface

  private constructor(name: string, executable: string) {
    this.name = name
    this.#process = spawn(executable, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#process.stdout! })
    this.#answers = this.#lines[Symbol.asyncIterator]()
  }

  /**
   * Builds it where its tool is there.
   * @param as What figures call it, where it does the work of another library.
   * @returns undefined, with a word of why, where it cannot be.
   */
  static async start(kind: keyof typeof KINDS, as?: string): Promise<PeerProgram | undefined> {
    const { name, build, executable, folder, needs } = KINDS[kind]
    const [tool, ...args] = build
    mkdirSync(FOLDER, { recursive: true })
    const built = spawnSync(tool!, args, { cwd: folder, encoding: 'utf8' })
    const why =
      built.error !== undefined
        ? `no ${tool}`
        : built.status !== 0
          ? built.stderr.trim().split('\n').slice(-3).join(' | ')
          : needs !== undefined && !readFileSync('/proc/cpuinfo', 'utf8').includes(needs)
            ? `the processor has no ${needs}`
            : undefined
    if (why !== undefined) {
      console.error(`${name} is left out: ${why}`)
      return undefined
    }
    const program = new PeerProgram(as ?? name, executable)
    await once(program.#process, 'spawn')
    return program
  }

  /** Has it do some work so many times. @returns the seconds of one. @throws Error where it ends. */
  async seconds(work: string, count: number, argument = ''): Promise<number> {
    this.#process.stdin!.write(`${work} ${count} ${argument}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error(`${this.name} has ended at ${work}`)
    return Number(value)
  }

  [Symbol.dispose](): void {
    this.#lines.close()
    this.#process.kill()
  }
}
