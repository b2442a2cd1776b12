import { createNode } from '@sapwood/node'
import type { PeerInfo } from '@sapwood/peer'
import { systemClock } from '@sapwood/transport-v1v2/environment'
import { regtest } from '@sapwood/wire-codec'
import { describe, expect, it } from 'vitest'
import { countTraffic } from '../rpc/traffic.ts'
import type { Screen, ScreenLine } from '../terminal/screen.ts'
import { LiveView } from './live-view.ts'
import { renderView } from './render-view.ts'

/** A terminal of 80 by 12 that remembers what it shows. */
class FakeScreen implements Screen {
  readonly columns = 80
  readonly rows = 12
  lines: readonly ScreenLine[] = []
  closed = false
  press: (key: string) => void = () => undefined

  draw(lines: readonly ScreenLine[]): void {
    expect(lines.length).toBeLessThanOrEqual(this.rows)
    this.lines = lines
  }

  onKey(listener: (key: string) => void): void {
    this.press = listener
  }

  onResize(): void {
    // It has always the same size.
  }

  close(): void {
    this.closed = true
  }

  get text(): string {
    return this.lines.map(({ text }) => text).join('\n')
  }
}

const options = { network: regtest, dnsSeeds: false, fixedSeeds: false } as const

describe('the live view', () => {
  it('shows the node, and does what its keys say', async () => {
    await using node = await createNode(options)
    const screen = new FakeScreen()
    let stops = 0
    const view = new LiveView({
      node,
      screen,
      clock: systemClock,
      traffic: countTraffic(node),
      stop: () => stops++,
    })
    expect(screen.lines[0]!.text).toMatch(/^sapwood regtest {2}.* 0 peers \(0 in, 0 out\)/)
    expect(screen.text).toContain('height 0  0f9188f13cb7b2c7…')

    const paused = node.events.next('network-active')
    screen.press('p')
    expect(await paused).toMatchObject({ active: false })
    const goesOn = node.events.next('network-active')
    screen.press('p')
    await goesOn

    const dialled = node.events.next('peer-connecting')
    for (const key of ['a', '127.0.0.1:9', '\x1b[A', '\x07', '\x7f', '1']) screen.press(key)
    expect(screen.text).toContain('add: 127.0.0.1:1_')
    screen.press('\r')
    await dialled
    expect(node.network.addedPeers()).toHaveLength(1)

    screen.press('s')
    expect(screen.text).toContain('sorted by ping')
    screen.press('q')
    screen.press('\x03')
    expect(stops).toBe(2)
    view.close()
    expect(screen.closed).toBe(true)
  })

  it('shows the selected peer, however many there are and however small the terminal is', async () => {
    await using node = await createNode(options)
    const peers = Array.from(
      { length: 200 },
      (_, id) =>
        ({
          id,
          connectionKind: 'inbound',
          inbound: true,
          transport: 'v2',
          bytesSent: 0,
          bytesReceived: id,
          connectedAt: 0,
          version: 70_016,
          userAgent: `/peer${id}/`,
        }) as unknown as PeerInfo,
    )
    const state = {
      info: node.info(),
      peers,
      now: 0,
      received: 0,
      sent: 0,
      stored: undefined,
      events: ['one', 'two'],
    }
    for (const rows of [8, 12, 24]) {
      for (const selected of [0, 5, 199]) {
        const lines = renderView({ ...state, sort: 'id', selected }, rows)
        expect(lines.length).toBeLessThanOrEqual(rows)
        expect(lines.find(({ style }) => style === 'inverse')!.text).toContain(`/peer${selected}/`)
      }
    }
    const [most] = renderView({ ...state, sort: 'received', selected: 0 }, 24).filter(
      ({ style }) => style === 'inverse',
    )
    expect(most!.text).toContain('/peer199/')
  })
})
