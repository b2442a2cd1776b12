import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { startCrypto } from './crypto.ts'
import { startCrypto as startOfNode } from './crypto.node.ts'
import { createPageCrypto } from './page-crypto.ts'

// Others of these tests have loaded what is replaced here, and what uses it; and others come after.
vi.hoisted(() => void vi.resetModules())
vi.mock(import('./page-crypto.ts'), async (original) => {
  const { createPageCrypto: make } = await original()
  return { createPageCrypto: vi.fn(make) }
})

const KEY = new Uint8Array(32).fill(3)

afterEach(() => void vi.mocked(createPageCrypto).mockReset())
afterAll(() => {
  vi.doUnmock('./page-crypto.ts')
  vi.resetModules()
})

it('is there at once where node:crypto is', () => {
  const { backend, load } = startOfNode()
  expect(load).toBeUndefined()
  expect(backend.name).toBe('wasm+node')
})

it('enciphers in a page once it has been loaded, and says so before', async () => {
  const { backend, load } = startCrypto()
  expect(backend.name).toBe('not loaded')
  expect(() => backend.createSecretKey(KEY)).toThrow(expect.objectContaining({ code: 'crypto-not-loaded' }))
  const loading = load!()
  expect(load!()).toBe(loading)
  await loading
  expect(load!()).toBeUndefined()
  expect(backend.name).toBe('wasm+noble')
  expect(backend.createSecretKey(KEY)?.x).toEqual(startOfNode().backend.createSecretKey(KEY)?.x)
  expect(backend.hmacSha256(KEY, KEY)).toEqual(startOfNode().backend.hmacSha256(KEY, KEY))
  // As much keystream as takes the module several calls.
  const nonce = new Uint8Array(12)
  expect(backend.chacha20(KEY, nonce, 5, 200_001)).toEqual(
    startOfNode().backend.chacha20(KEY, nonce, 5, 200_001),
  )
})

it('takes the noble libraries where a page may run no WebAssembly', async () => {
  vi.mocked(createPageCrypto).mockReturnValueOnce(undefined)
  const { backend, load } = startCrypto()
  await load!()
  expect(backend.name).toBe('noble')
})

it('tries again after its file did not come', async () => {
  vi.mocked(createPageCrypto).mockImplementationOnce(() => {
    throw new TypeError('Failed to fetch dynamically imported module')
  })
  const { backend, load } = startCrypto()
  await expect(load!()).rejects.toMatchObject({ code: 'crypto-not-loaded', cause: expect.any(TypeError) })
  await load!()
  expect(backend.name).toBe('wasm+noble')
})
