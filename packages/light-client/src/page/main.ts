import type { FilteredBlockItem } from '@sapwood/node'
import { attachNode, type RemoteNode } from '@sapwood/node/remote'
import { SECOND, systemClock } from '@sapwood/transport-v1v2/environment'
import { bytesToHex, hashToHex, hexToBytes } from '@sapwood/wire-codec'
import type { NodeSettings, SeenByRelay, WorkDoneBy } from '../worker/settings.ts'
import { MessageLog } from './message-log.ts'
import { foldPayments, positionOf, type Watch, watchOf } from './payments.ts'
import { forgetOtherChain } from './other-chain.ts'
import { readScript } from './read-script.ts'

/** Lines that a list keeps. */
const MAX_LINES = 100
const KEPT = 'sapwood light-client'
const SATOSHI = 100_000_000
/** What says that the place of an earlier visit is worth nothing: everything is looked at again. */
const LOST: ReadonlySet<string> = new Set(['filters-replaced', 'unknown-block'])

// The page is ours, and says of what kind each of its elements is.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
const $ = <Type extends HTMLElement>(id: string): Type => document.getElementById(id) as Type
const settings = (await (await fetch('settings.json')).json()) as Omit<NodeSettings, 'v1'>
const isV1 = new URLSearchParams(location.search).has('v1')
const isOtherChain = await forgetOtherChain(settings.peer)
const worker = new Worker('node-worker.js', { type: 'module' })
const watches = new Map<string, Watch>(
  (JSON.parse(localStorage.getItem(KEPT) ?? '[]') as Watch[]).map((watch) => [
    watch.script,
    isOtherChain ? watchOf(watch) : watch,
  ]),
)
const log = new MessageLog()
// What was known at the end of the last visit.
showPayments()

worker.addEventListener('message', ({ data }: MessageEvent<SeenByRelay | WorkDoneBy>) => {
  if ('seen' in data) showBytes(data)
  else if ('ciphers' in data) $('backend').textContent = `${data.ciphers}, ${data.hashes}`
})
$<HTMLInputElement>('v1').checked = isV1
$('v1').addEventListener('change', () => location.assign(isV1 ? '?' : '?v1'))
$('relay-note').textContent = isV1
  ? 'Speaking v1: everything, as it is. Names of messages and addresses can be read below.'
  : 'Speaking v2: lengths and times, and noise.'

try {
  await run(await attachNode(worker, { ...settings, v1: isV1 }))
} catch (error) {
  const { code } = error as { readonly code?: string }
  $('connection').textContent =
    code === 'store-locked' ? 'This client runs in another tab already.' : String(error)
}

async function run(node: RemoteNode): Promise<void> {
  node.events.on('tip-changed', () => void show(node))
  node.events.on('peer-ready', () => void show(node))
  node.events.on('headers-progress', () => void show(node))
  node.events.on('peer-disconnected', () => void show(node))
  $('unplug').addEventListener('click', () => void unplug(node))
  $('watch').addEventListener('submit', (event) => {
    event.preventDefault()
    addWatch(node)
  })
  for (const watch of watches.values()) void follow(node, watch)
  const tick = (): void => {
    systemClock.setTimer(SECOND, tick)
    void show(node)
  }
  await show(node)
  tick()
}

async function show(node: RemoteNode): Promise<void> {
  const [tip, peers] = await Promise.all([node.chain.tip(), node.peers()])
  const ready = peers.filter(({ version }) => version > 0)
  const best = Math.max(tip.height, ...ready.map(({ startingHeight }) => startingHeight))
  const [peer] = ready
  $('connection').textContent =
    peer === undefined
      ? 'no peer: dialling again …'
      : `${peer.transport === 'v2' ? 'encrypted' : 'NOT encrypted'} with ${peer.userAgent}`
  $('session').textContent = peer?.sessionId ?? '–'
  $('height').textContent = String(tip.height)
  $('hash').textContent = hashToHex(tip.hash)
  $('peers').textContent = String(ready.length)
  $('age').textContent = age(systemClock.wallTime() / SECOND - tip.header.time)
  $<HTMLProgressElement>('progress').value = best === 0 ? 0 : tip.height / best
  for (const { from, name, messages, bytes } of log.since(peers)) {
    addLine(
      $('messages'),
      `${from === 'us' ? '→' : '←'} ${name}${messages > 1 ? ` × ${messages}` : ''}  ${bytes} bytes`,
    )
  }
}

function age(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}

async function unplug(node: RemoteNode): Promise<void> {
  for (const { id } of await node.peers()) await node.disconnectPeer(id, { detail: 'the plug was pulled' })
}

function addWatch(node: RemoteNode): void {
  const input = $<HTMLInputElement>('script')
  $('fault').textContent = ''
  try {
    const script = bytesToHex(readScript(input.value))
    if (watches.has(script)) return
    const watch: Watch = { label: input.value.trim(), script, payments: [] }
    keep(watch)
    input.value = ''
    void follow(node, watch)
  } catch (error) {
    $('fault').textContent = (error as Error).message
  }
}

/** Matches filters in the worker for ever; each step is kept, so that the next visit goes on from it. */
async function follow(node: RemoteNode, watch: Watch): Promise<void> {
  const stream = node.filters.follow({ scripts: [hexToBytes(watch.script)], from: positionOf(watch) })
  let known = watch
  try {
    for await (const item of stream as AsyncIterable<FilteredBlockItem>) {
      known = foldPayments(known, item)
      keep(known)
    }
  } catch (error) {
    const { code = '' } = error as { readonly code?: string }
    if (watch.position !== undefined && LOST.has(code)) return await follow(node, watchOf(watch))
    $('scan').textContent = String(error)
  }
}

function keep(watch: Watch): void {
  watches.set(watch.script, watch)
  try {
    localStorage.setItem(KEPT, JSON.stringify([...watches.values()]))
  } catch {
    // The origin's quota: what is shown stays right, and the next visit looks through the blocks again.
  }
  showPayments()
}

function showPayments(): void {
  const heights = [...watches.values()].map(({ position }) => position?.height ?? 0)
  if (heights.length > 0)
    $('scan').textContent = `Filters matched in this tab up to height ${Math.min(...heights)}.`
  $('watched').replaceChildren(
    ...[...watches.values()].map(({ label }) => element('li', element('code', label))),
  )
  const payments = [...watches.values()].flatMap((watch) => watch.payments)
  $('payments').replaceChildren(
    ...payments
      .sort((a, b) => b.height - a.height)
      .map(({ height, value, txid, index, spentAt }) =>
        element(
          'tr',
          element('td', String(height)),
          element('td', (Number(value) / SATOSHI).toFixed(8)),
          element('td', element('code', `${txid.slice(0, 16)}…:${index}`)),
          element('td', spentAt === undefined ? '' : `spent at ${spentAt}`),
        ),
      ),
  )
}

function element(name: string, ...content: (Node | string)[]): HTMLElement {
  const made = document.createElement(name)
  made.append(...content)
  return made
}

function showBytes({ seen, bytes, length }: SeenByRelay): void {
  const text = [...bytes]
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'))
    .join('')
  addLine($('relay'), `${seen === 'sent' ? '→' : '←'} ${length} bytes  ${text}\n`)
}

/** The last of them is on top. */
function addLine(list: HTMLElement, text: string): void {
  list.prepend(element(list.tagName === 'OL' ? 'li' : 'span', text))
  while (list.childElementCount > MAX_LINES) list.lastElementChild?.remove()
}
