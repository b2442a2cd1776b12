import { systemClock, systemRandom } from '@sapwood/transport-v1v2/environment'
import { systemResolver } from '@sapwood/transport-v1v2/tcp'
import { parsePeerAddress } from '@sapwood/wire-codec'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { chooseDialer } from './choose-dialer.ts'
import * as page from './platform.ts'
import * as program from './platform.node.ts'

const components = { clock: systemClock, random: systemRandom, logger: console, resolver: systemResolver }
const relay = 'ws://127.0.0.1:1/relay/'

afterEach(() => vi.unstubAllGlobals())

describe('chooseDialer', () => {
  it('tells a relay in the path whom it wants, by address or by name', async () => {
    const asked: string[] = []
    class RefusedSocket extends EventTarget {
      binaryType = ''
      bufferedAmount = 0
      constructor(url: string) {
        super()
        asked.push(url)
        queueMicrotask(() => this.dispatchEvent(new Event('close')))
      }
      send(): void {}
      close(): void {}
    }
    vi.stubGlobal('WebSocket', RefusedSocket)
    const dialer = chooseDialer({ relay }, components)
    const { signal } = new AbortController()
    for (const text of ['203.0.113.5:8333', '[2001:db8::1]:8333', 'seed.example:8333']) {
      await expect(dialer.dial(parsePeerAddress(text, { defaultPort: 1 }), { signal })).rejects.toMatchObject(
        {
          code: 'dial-failed',
        },
      )
    }
    expect(asked.map((url) => decodeURIComponent(new URL(url).pathname))).toEqual([
      '/relay/203.0.113.5:8333',
      '/relay/[2001:db8::1]:8333',
      '/relay/seed.example:8333',
    ])
    expect(dialer).toMatchObject({ resolvesNames: false })
    expect(dialer.resolver).toBeUndefined()
  })

  it.each(['https://relay.example', 'relay.example', 'ws://', 'wss://relay.example/?to=', ''])(
    'refuses %j as a relay',
    (url) => {
      expect(() => chooseDialer({ relay: url }, components)).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }),
      )
    },
  )

  it('refuses a relay together with a way out that it would pass over', () => {
    vi.stubGlobal('WebSocket', class extends EventTarget {})
    for (const options of [
      { proxy: { host: '127.0.0.1', port: 9050 } },
      { onion: { host: '127.0.0.1', port: 9050 } },
      { i2p: {} },
      { onlyNet: ['onion'] },
    ] as const) {
      expect(() => chooseDialer({ relay, ...options }, components)).toThrow(
        expect.objectContaining({ code: 'invalid-argument', received: Object.keys(options)[0] }),
      )
    }
    expect(() => chooseDialer({ relay, onion: false }, components)).not.toThrow()
  })

  it('refuses a relay where there are no WebSockets', () => {
    vi.stubGlobal('WebSocket', undefined)
    expect(() => chooseDialer({ relay }, components)).toThrow(/WebSockets/)
  })
})

describe('the platform of a page', () => {
  it('has all that the one of Node.js has, and says where it cannot do it', async () => {
    expect(Object.keys(page).sort()).toEqual(Object.keys(program).sort())
    expect(() => page.buildDialer()).toThrow(/relay/)
    expect(() => page.createTcpListener()).toThrow(expect.objectContaining({ code: 'listen-failed' }))
    const { signal } = new AbortController()
    await expect(page.systemResolver.resolve('seed.example', { signal })).rejects.toMatchObject({
      code: 'resolve-failed',
    })
    await expect(page.openStore('a')).rejects.toMatchObject({ code: 'store-failed', detail: 'a' })
  })
})
