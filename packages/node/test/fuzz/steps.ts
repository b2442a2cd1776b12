import { txid } from '@sapwood/wire-codec'
import type { CallOptions, NodeHandle } from '../../src/index.ts'
import { FULL_NODE, nthAddress } from '../support/addresses.ts'
import { bendedFrame } from './bended-frame.ts'
import type { Calls } from './calls.ts'
import { nextMessage, versionMessage } from './messages.ts'
import { type Run, SILENT, STRANGERS } from './run.ts'
import type { Script } from './script.ts'
import { frame, type Manners, type Stranger } from './stranger.ts'
import { final, idOf, transactions } from './world.ts'

/** What a step has. */
export interface Stage {
  readonly run: Run
  readonly script: Script
  readonly calls: Calls
}

type Step = (stage: Stage) => void | Promise<void>

/** Milliseconds that one step may let pass. */
const SPANS = [0, 1, 60, 500, 1_000, 2_500, 10_000, 31_000, 61_000, 130_000, 1_250_000]
/**
 * Milliseconds that an input may let pass altogether, each second of which costs the node a tick;
 * and where it has patience.
 */
const MAX_TIME = 200_000
const PATIENT_TIME = 2_600_000
const MAX_STRANGERS = 8
/** Times that one message may be repeated by one step. */
const MAX_REPEATS = 64

const call: CallOptions = { timeout: 30_000 }

/** What a program asks of the node. */
const programCalls: readonly ((node: NodeHandle, stage: Stage) => Promise<unknown>)[] = [
  (node, { script }) => node.getBlock(idOf(final[script.below(final.length)]!), call),
  (node, { script }) => node.transactions.broadcast(transactions[script.below(16)]!, call),
  (node, { script }) => node.transactions.cancelBroadcast(txid(transactions[script.below(16)]!)),
  (node, { script }) => drain(node.blocks.range({ from: 1 + script.below(20), to: 20 }), script.below(4)),
  (node, { script }) => drain(node.blocks.follow({ from: 1 + script.below(20) }), script.below(20)),
  (node, { script }) => drain(node.filters.range({ from: script.below(20), to: 20 }), 1 + script.below(20)),
  (node) => node.filters.headerAt(20, call),
  (node) => node.network.ping(call),
  (node) => node.chain.waitForHeight(25, call),
  (node) => node.chain.waitForSync(call),
  (node, { script }) =>
    node.addPeer(script.pick([...STRANGERS, SILENT, '105.1.1.1:18444']), { once: script.flag() }),
  (node, { script }) =>
    node.network.connectPeer(script.pick([...STRANGERS, SILENT]), { ...call, once: true }),
  (node, { script }) => node.network.removePeer(script.pick(STRANGERS)),
  (node, { script }) => node.bans.ban(`120.${script.below(8)}.0.0/16`, { duration: 1_000 * script.byte() }),
  (node) => node.bans.clearBans(),
  (node) => node.chain.submitHeaders(final.slice(0, 3).map(({ header }) => header)),
  (node, { script }) => {
    const addresses = Array.from({ length: script.below(20) }, (_, index) => ({
      time: Math.floor(node.info().startedAt / 1_000),
      services: FULL_NODE,
      address: nthAddress(index),
    }))
    return node.addresses.add(addresses, STRANGERS[0]!)
  },
  // From here on what the program does may end honest connections.
  (node, { run, script }) => {
    run.meddled = true
    return node.network.setActive(script.flag())
  },
  (node, { run, script }) => {
    const peers = node.peers()
    const peer = peers[script.below(Math.max(1, peers.length))]
    if (peer === undefined) return Promise.resolve()
    run.meddled = true
    return node.disconnectPeer(peer.id)
  },
]

const steps: readonly Step[] = [
  say,
  say,
  say,
  say,
  say,
  say,
  say,
  say,
  ({ run, script }) => run.clock.advance(spanOf(run, SPANS[script.below(6)]!)),
  ({ run, script }) => run.clock.advance(spanOf(run, script.pick(SPANS))),
  ({ run, script }) => {
    const manners = mannersOf(script)
    const host = script.below(8)
    if (run.strangers.length < MAX_STRANGERS) run.dialIn(manners, host)
  },
  ({ run, script }) => {
    const manners = mannersOf(script)
    const host = script.below(8)
    if (run.strangers.length < MAX_STRANGERS) run.dialIn(manners, host)
  },
  (stage) => {
    const stranger = strangerOf(stage)
    const times = 1 + stage.script.below(MAX_REPEATS)
    if (stranger !== undefined) for (let time = 0; time < times; time++) stranger.raw(stranger.last)
  },
  (stage) => {
    const stranger = strangerOf(stage)
    const { command, payload } = nextMessageOf(stage, stranger)
    stranger?.raw(bendedFrame(frame({ command, payload }), stage.script))
  },
  (stage) => {
    const stranger = strangerOf(stage)
    const how = stage.script.below(4)
    if (how === 0) stranger?.reset()
    else if (how === 1) stranger?.close()
    else stranger?.setReading(how === 2)
  },
  ({ run, script }) => run.mine(script.flag()),
  ({ run, script }) => {
    run.manners = mannersOf(script)
  },
  programStep,
  programStep,
]

/** Reads one step and takes it. */
export async function takeStep(stage: Stage): Promise<void> {
  await steps[stage.script.below(steps.length)]!(stage)
}

/** Handshake and all by default. */
export function mannersOf(script: Script): Manners {
  const bits = script.byte()
  return {
    shakesHands: (bits & 1) === 0,
    negotiates: (bits & 2) === 0,
    answersPings: (bits & 4) === 0,
    version: versionMessage(script),
  }
}

function say(stage: Stage): void {
  const stranger = strangerOf(stage)
  const { command, payload } = nextMessageOf(stage, stranger)
  stranger?.send(command, payload)
}

function nextMessageOf(
  { run, script }: Stage,
  stranger: Stranger | undefined,
): ReturnType<typeof nextMessage> {
  return nextMessage({ script, honest: run.chain, asked: stranger?.asked ?? [] })
}

function strangerOf({ run, script }: Stage): Stranger | undefined {
  const choice = script.byte()
  return run.strangers.at(choice % Math.max(1, run.strangers.length))
}

function programStep(stage: Stage): void {
  const { run, script, calls } = stage
  const index = script.below(programCalls.length)
  calls.make(() => programCalls[index]!(run.node, stage))
}

/** The time that a step may still let pass. */
function spanOf(run: Run, milliseconds: number): number {
  const limit = run.setting.patient ? PATIENT_TIME : MAX_TIME
  return Math.max(0, Math.min(milliseconds, run.startedAt + limit - run.clock.now()))
}

async function drain(stream: AsyncIterableIterator<unknown>, count: number): Promise<void> {
  for (let item = 0; item < count; item++) if ((await stream.next()).done === true) return
  await stream.return?.()
}
