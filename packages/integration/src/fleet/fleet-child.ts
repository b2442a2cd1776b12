import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { IntegrationError } from '../errors/integration-error.ts'

/** What a child of a fleet tells. */
export type ChildReport =
  | { readonly type: 'listening' }
  /** Its frontier is open, and it waits to be told to begin. */
  | { readonly type: 'ready' }
  | {
      readonly type: 'visited'
      readonly address: string
      readonly reached: boolean
      readonly counted: boolean
    }
  | {
      readonly type: 'done'
      readonly visited: number
      readonly reached: number
      /** Visits behind those that it warmed up with. */
      readonly measured: number
      /** Milliseconds of processor time that these took. */
      readonly cpu: number
    }
  | { readonly type: 'failed'; readonly message: string }

/** A process of a fleet, as its parent has it. */
export interface FleetChild extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  onReport(listener: (report: ChildReport) => void): void
  /** Resolves with the first report of this type. @throws IntegrationError where it ends without one. */
  reported<T extends ChildReport['type']>(type: T): Promise<Extract<ChildReport, { readonly type: T }>>
  /** Says that it may begin. */
  go(): void
  /** SIGKILL. */
  kill(): Promise<void>
}

/** The scripts that a fleet's processes run; each is an entry of the build, beside the others. */
export type FleetScript = 'listener-process' | 'worker-process'

const IS_SOURCE = import.meta.url.endsWith('.ts')

/**
 * Starts a script that stands beside this file, from source or as it was built.
 * @param built the folder of a build, whose script is taken instead: source is compiled so that its functions
 * keep their names, which costs what no user pays.
 */
export function startChild(script: FleetScript, name: string, orders: unknown, built?: string): FleetChild {
  const beside = fileURLToPath(new URL(`${script}.${IS_SOURCE ? 'ts' : 'js'}`, import.meta.url))
  const child = fork(built === undefined ? beside : join(built, `${script}.js`), [JSON.stringify(orders)], {
    ...argumentsOfNode(built !== undefined),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return new ForkedChild(name, child)
}

/** One that was built beside its parent runs as that does. */
function argumentsOfNode(isOfOtherBuild: boolean): { readonly execArgv?: string[] } {
  if (isOfOtherBuild) return { execArgv: [] }
  if (!IS_SOURCE) return {}
  return { execArgv: ['--import', import.meta.resolve('tsx'), '--conditions=@sapwood/source'] }
}

/** The side of the child: it does as it was told, and does not outlive its parent. */
export function runChild(work: (orders: unknown) => Promise<void>): void {
  process.once('disconnect', () => process.exit())
  work(JSON.parse(process.argv[2]!) as unknown).catch((error: unknown) => {
    report({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  })
}

/** Tells the parent that we are ready, and resolves when that says that we may begin. */
export async function toldToGo(): Promise<void> {
  const told = once(process, 'message')
  report({ type: 'ready' })
  await told
}

/** Tells the parent. */
export function report(what: ChildReport): void {
  process.send?.(what)
}

class ForkedChild implements FleetChild {
  readonly name: string
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  constructor(name: string, child: ChildProcess) {
    this.name = name
    this.#child = child
    this.#ended = once(child, 'close')
  }

  get pid(): number {
    return this.#child.pid!
  }

  onReport(listener: (report: ChildReport) => void): void {
    this.#child.on('message', listener)
  }

  reported<T extends ChildReport['type']>(type: T): Promise<Extract<ChildReport, { readonly type: T }>> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        reject(new IntegrationError('process-exited', `${this.name}: ${why}`))
      }
      this.onReport((each) => {
        if (each.type === type) resolve(each as Extract<ChildReport, { readonly type: T }>)
        else if (each.type === 'failed') fail(each.message)
      })
      void this.#ended.then(() => fail(`ended before it was ${type}`))
    })
  }

  go(): void {
    this.#child.send('go')
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}
