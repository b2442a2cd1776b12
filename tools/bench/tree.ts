import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Figure } from './measure.ts'

/** A checkout of this repository whose packages can be measured. */
export class Tree {
  readonly root: string
  #running: ChildProcess | undefined

  constructor(root: string) {
    this.root = root
  }

  /** Builds all packages. @throws Error with what the build said, where it fails. */
  async build(): Promise<void> {
    const child = spawn('npx', ['nx', 'run-many', '-t', 'build'], {
      cwd: this.root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NX_DAEMON: 'false' },
    })
    this.#running = child
    const said: string[] = []
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => said.push(text))
    }
    const [code] = (await once(child, 'close')) as [number | null]
    this.#running = undefined
    if (code !== 0) throw new Error(said.join(''))
  }

  /** Names that can be measured: folders of a package's `bench/`. */
  names(): readonly string[] {
    const names = this.#folders()
      .flatMap((folder) => readdirSync(join(this.root, folder), { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() && this.files(entry.name).length > 0)
    return [...new Set(names.map((entry) => entry.name))].sort()
  }

  /** The benches of a name, relative to the root. */
  files(name: string): readonly string[] {
    return this.#folders()
      .map((folder) => join(folder, name))
      .filter((folder) => existsSync(join(this.root, folder)))
      .flatMap((folder) => readdirSync(join(this.root, folder)).map((file) => join(folder, file)))
      .filter((file) => file.endsWith('.bench.ts'))
  }

  /** Runs one of its benches in a process of its own. @returns the exit code. */
  async run(file: string, onFigure: (figure: Figure) => void): Promise<number> {
    const child = spawn(
      process.execPath,
      ['--expose-gc', '--import', 'tsx', 'tools/bench/child.ts', join(this.root, file)],
      { cwd: this.root, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    this.#running = child
    createInterface({ input: child.stdout }).on('line', (line) => {
      onFigure(JSON.parse(line) as Figure)
    })
    const [code] = (await once(child, 'close')) as [number | null]
    this.#running = undefined
    return code ?? 1
  }

  /** Ends what runs. */
  stop(): void {
    this.#running?.kill()
  }

  #folders(): readonly string[] {
    return readdirSync(join(this.root, 'packages'))
      .map((name) => join('packages', name, 'bench'))
      .filter((folder) => existsSync(join(this.root, folder)))
  }
}
