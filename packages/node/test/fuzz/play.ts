import { bytesEqual, formatPeerAddress } from '@sapwood/wire-codec'
import { Calls } from './calls.ts'
import { ChainReader } from './chain-reader.ts'
import { HONEST, HONEST_INBOUND, readSetting, Run } from './run.ts'
import { Script } from './script.ts'
import { mannersOf, takeStep } from './steps.ts'
import { final, FINAL_HEIGHT, idOf } from './world.ts'

/** Steps of one input at most. */
const MAX_STEPS = 150
/** Virtual seconds in which a node has to have every block of the honest peer that it is connected to. */
const PATIENCE = 900
/** Virtual milliseconds for `stop()`. */
const STOP_TIME = 20_000
/** Turns of the event loop after which the node has done what was due. */
const TURNS = 20
/**
 * Processor time of one step, in milliseconds, and of each virtual second that it lets pass: what takes
 * longer is the node held up by one peer.
 */
const MAX_STEP_TIME = 1_500
const MAX_SECOND_TIME = 10
/** Ends of honest connections that are in order: Core lets go of the same, whoever it hits. */
const RIGHTFUL_ENDS: ReadonlySet<string> = new Set(['extra-connection', 'evicted', 'node-stopping'])

/** What nobody handled in this thread. */
const unhandled: unknown[] = []
const onUnhandled = (error: unknown): void => void unhandled.push(error)

/**
 * Plays an input against a node.
 * @returns what it came to, in a word or two.
 * @throws Error what the node did that it should not have.
 */
export async function play(bytes: Uint8Array): Promise<string> {
  unhandled.length = 0
  process.on('unhandledRejection', onUnhandled)
  process.on('uncaughtException', onUnhandled)
  try {
    return await playWatched(bytes)
  } finally {
    process.off('unhandledRejection', onUnhandled)
    process.off('uncaughtException', onUnhandled)
  }
}

async function playWatched(bytes: Uint8Array): Promise<string> {
  const script = new Script(bytes)
  const run = new Run(readSetting(script), mannersOf(script))
  const calls = new Calls()
  await run.start()
  const ends = watchEnds(run)
  let reader = run.setting.followsFromStart ? new ChainReader(run.node) : undefined
  await run.settle()
  for (let step = 0; !script.done && step < MAX_STEPS; step++) {
    await timed(run, `Step ${step}`, () => takeStep({ run, script, calls }))
    check(run, calls, ends)
  }
  await expectAnswer(run)
  reader ??= new ChainReader(run.node)
  const phase = run.node.info().phase
  await finish(run, reader, () => check(run, calls, ends))
  await stop(run)
  await run.settle()
  check(run, calls, ends)
  if (!reader.ended) fail('A stream of blocks did not end')
  if (calls.pending > 0) fail(`${calls.pending} calls did not end`)
  if (run.nodeTimers > 0) fail(`${run.nodeTimers} timers are left`)
  if (run.openStreams > 0) fail(`${run.openStreams} streams are left`)
  if (run.isListening) fail('A listener is left')
  const { used, accounts } = run.node.info().memory
  if (used > 0 || accounts > run.ownAccounts) fail(`${used} bytes in ${accounts} accounts are left`)
  await run.leave()
  check(run, calls, ends)
  return `${phase} ${ends.last ?? 'open'}`
}

/** Takes a step and lets what is due happen, and looks how long that took. */
async function timed(run: Run, what: string, step: () => Promise<void>): Promise<void> {
  const start = run.clock.now()
  const begun = performance.now()
  await step()
  await run.settle()
  const limit = MAX_STEP_TIME + ((run.clock.now() - start) / 1_000) * MAX_SECOND_TIME
  if (performance.now() - begun <= limit) return
  // Of the time that has passed only the part counts that this process had; not taken for each step,
  // which costs too much.
  const { user, system } = process.cpuUsage(run.cpuAtStart)
  const taken = (user + system) / 1_000
  if (taken > limit) fail(`${what} took ${taken} ms`)
}

/**
 * @param kind Where two findings differ in no more than numbers, they are one to the fuzzer,
 * which looks at the place.
 */
function fail(what: string, kind: string = what.replaceAll(/[0-9.]+/g, 'N')): never {
  const error = new Error(what)
  error.stack = `${what}\n    at ${kind}`
  throw error
}

/** How connections ended, as the node tells it. */
interface Ends {
  /** Of a stranger. */
  last: string | undefined
  /** Of an honest peer, where it should not have. */
  honest: string | undefined
}

function watchEnds(run: Run): Ends {
  const ends: Ends = { last: undefined, honest: undefined }
  run.node.events.on('peer-disconnected', ({ address, reason }) => {
    const from = address === undefined ? '' : formatPeerAddress(address)
    const word = reason.code === 'requested' ? reason.detail : reason.code
    if (word === 'node-stopping') return
    if (from !== HONEST && from !== HONEST_INBOUND) ends.last = word
    else if (!run.meddled && !RIGHTFUL_ENDS.has(word)) ends.honest ??= word
  })
  return ends
}

/** What holds at any time. */
function check(run: Run, calls: Calls, ends: Ends): void {
  const [first] = unhandled
  if (first !== undefined)
    throw first instanceof Error ? first : new Error('Something was thrown', { cause: first })
  if (run.faults.length > 0) fail(`The node logged: ${run.faults[0]!}`, /^ +at .*/m.exec(run.faults[0]!)?.[0])
  if (calls.faults.length > 0) fail(calls.faults[0]!)
  if (ends.honest !== undefined) {
    // What it says itself, where it was the one that ended it.
    const own = run.honest.flatMap(({ report }) => report?.reason.code ?? [])
    fail(`An honest peer was lost: ${ends.honest} (${own.join(', ')})`)
  }
  const { usage } = run.node.transactions.pool()
  if (usage > POOL_LIMIT) fail(`The pool takes ${usage} bytes`)
  const { memory } = run.node.info()
  if (memory.used > memory.limit + MEMORY_SLACK) fail(`${memory.used} bytes are held of ${memory.limit}`)
}

/** The pool's limit of a run and one small transaction. */
const POOL_LIMIT = 24_000

/** What accounts may hold beyond the budget: each one its floor, and one chunk that has arrived already. */
const MEMORY_SLACK = 1_500_000

/** The loop still takes what programs ask of it. */
async function expectAnswer(run: Run): Promise<void> {
  const outcome = { isAnswered: false }
  run.node.network.setActive(run.node.network.active).then(
    () => {
      outcome.isAnswered = true
    },
    () => undefined,
  )
  for (let turn = 0; turn < TURNS && !outcome.isAnswered; turn++) await run.settle()
  if (!outcome.isAnswered) fail('The loop does not answer')
}

/** Honest peers show their last chain: the node has it after a while, whatever strangers did and do. */
async function finish(run: Run, reader: ChainReader, look: () => void): Promise<void> {
  if (run.meddled) return
  run.finishChain()
  for (let second = 0; second < PATIENCE && !isDone(reader); second++) {
    await run.clock.advance(1_000)
    look()
    if (reader.fault !== undefined) fail(reader.fault)
  }
  // Who let go of all honest peers, as it may, has nobody to ask.
  if (isDone(reader) || run.honest.every(({ ended }) => ended)) return
  const { height } = run.node.chain.tip()
  fail(`Stuck: headers at ${height}, blocks at ${reader.hashes.length} of ${FINAL_HEIGHT}`)
}

function isDone({ hashes }: ChainReader): boolean {
  return hashes.length === FINAL_HEIGHT && bytesEqual(hashes.at(-1)!, idOf(final.at(-1)!))
}

async function stop(run: Run): Promise<void> {
  const outcome = { isStopped: false }
  const stopping = run.node.stop().finally(() => {
    outcome.isStopped = true
  })
  stopping.catch(() => undefined)
  // In small steps: what the node leaves behind is not to run out before it is looked for.
  const end = run.clock.now() + STOP_TIME
  while (run.clock.now() < end && !outcome.isStopped) await run.clock.advance(10)
  if (!outcome.isStopped) fail('stop() does not end')
  await stopping
}
