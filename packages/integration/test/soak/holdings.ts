import { existsSync, readdirSync } from 'node:fs'

/** Where Linux lists the files and sockets that a process has open. */
const DESCRIPTORS = '/proc/self/fd'

interface Held {
  /** Heap and the memory that buffers have outside of it, in bytes, all garbage gone. */
  readonly memory: number
  /** What the operating system has given the process, in bytes. */
  readonly resident: number
  /**
   * Sockets and files open. A socket that nobody reads from right now is among no runtime's active resources.
   */
  readonly descriptors: number
  /** Timers, and sockets that are being read from. */
  readonly resources: number
}

/**
 * Growth that is let pass: the headers that were mined meanwhile (about 400 bytes a turn), code that was
 * compiled late.
 */
const ALLOWED_BYTES = 1_000_000

/** What keeps the process alive, but for calls of the file system, which end by themselves. */
export function activeResources(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => !name.startsWith('FSReq'))
}

/** What the process holds, taken again and again at the same point of its work. */
export class Holdings {
  readonly #taken: Held[] = []

  take(): void {
    if (globalThis.gc === undefined) throw new Error('Run with --expose-gc')
    for (let round = 0; round < 3; round++) globalThis.gc()
    const { heapUsed, external, rss } = process.memoryUsage()
    const descriptors = existsSync(DESCRIPTORS) ? readdirSync(DESCRIPTORS).length : 0
    const resources = activeResources().length
    this.#taken.push({ memory: heapUsed + external, resident: rss, descriptors, resources })
  }

  latest(): string {
    return describe(this.#taken.at(-1))
  }

  /**
   * Neither memory nor what is open is more in the last quarter than in the second (the first warms
   * everything up). How many timers there are differs by one or two from turn to turn: what is open now is
   * held against the most there was.
   */
  get flat(): boolean {
    const [second, last] = this.#quarters()
    if (second === undefined || last === undefined) return false
    const most = (key: 'descriptors' | 'resources'): number =>
      Math.max(...this.#secondQuarter().map((held) => held[key]))
    return (
      last.memory <= second.memory + ALLOWED_BYTES &&
      last.descriptors <= most('descriptors') &&
      last.resources <= most('resources')
    )
  }

  summary(): string {
    const [second, last] = this.#quarters()
    return `second quarter: ${describe(second)}; last quarter: ${describe(last)}`
  }

  #quarters(): readonly [Held | undefined, Held | undefined] {
    const quarter = Math.floor(this.#taken.length / 4)
    return [medians(this.#secondQuarter()), medians(this.#taken.slice(3 * quarter))]
  }

  #secondQuarter(): readonly Held[] {
    const quarter = Math.floor(this.#taken.length / 4)
    return this.#taken.slice(quarter, 2 * quarter)
  }
}

function describe(held: Held | undefined): string {
  if (held === undefined) return 'not enough turns'
  const { memory, resident, descriptors, resources } = held
  const megabytes = `${(memory / 1e6).toFixed(1)} MB held, ${(resident / 1e6).toFixed(0)} MB resident`
  return `${megabytes}, ${descriptors} descriptors, ${resources} resources`
}

function medians(taken: readonly Held[]): Held | undefined {
  if (taken.length === 0) return undefined
  const of = (key: keyof Held): number =>
    taken.map((held) => held[key]).sort((a, b) => a - b)[taken.length >> 1]!
  return {
    memory: of('memory'),
    resident: of('resident'),
    descriptors: of('descriptors'),
    resources: of('resources'),
  }
}
