import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { notesOf } from './notes-of.ts'
import { publishOrder } from './publish-order.ts'
import { missingFromSbom } from './sbom.ts'

const root = resolve(import.meta.dirname, '../..')
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}
/** Of all that is published. */
const manifests = readdirSync(join(root, 'packages'))
  .map((name) => ({
    folder: join(root, 'packages', name),
    manifest: JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Manifest,
  }))
  .filter(({ manifest }) => manifest['private'] !== true)

describe('each package', () => {
  it.each(manifests)(
    '$manifest.name says whose it is, and takes the others by a range',
    ({ folder, manifest }) => {
      expect(manifest).toMatchObject({
        license: 'MIT',
        author: expect.any(String) as string,
        bugs: 'https://github.com/sapwood/sapwood/issues',
        homepage: expect.stringContaining('https://github.com/sapwood/sapwood') as string,
        publishConfig: { access: 'public', provenance: true },
        scripts: { prepack: 'node ../../tools/release/require-built.mjs' },
      })
      for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
        if (name.startsWith('@sapwood/')) expect([name, range]).toEqual([name, `^${manifest.version}`])
      }
      expect(readFileSync(join(folder, 'LICENSE'), 'utf8')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'))
    },
  )

  it.each([
    ['packages/node/src/handle/assemble-node.ts', /VERSION = '([^']+)'/],
    ['packages/peer/src/handshake/version-message.ts', /DEFAULT_USER_AGENT = '\/sapwood:([^']+)\/'/],
  ])('says its version in %s', (file, pattern) => {
    const said = pattern.exec(readFileSync(join(root, file), 'utf8'))?.[1]
    expect(said).toBe(manifests[0]!.manifest.version)
  })

  it('has the version of all', () => {
    expect(new Set(manifests.map(({ manifest }) => manifest.version)).size).toBe(1)
  })
})

describe('prepack', () => {
  it('refuses a tree that is not built, and names what is missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sapwood-prepack-'))
    folders.push(folder)
    cpSync(join(root, 'packages/wire-codec/package.json'), join(folder, 'package.json'))
    const script = join(root, 'tools/release/require-built.mjs')
    const { status, stderr } = spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain('@sapwood/wire-codec is not built: there is no ./dist/index.d.ts')

    const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { exports: object }
    for (const [file] of JSON.stringify(exports).matchAll(/\.\/dist\/[^"]+/g)) {
      mkdirSync(join(folder, file, '..'), { recursive: true })
      writeFileSync(join(folder, file), '')
    }
    cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
    execFileSync(process.execPath, [script], { cwd: folder })
  })
})

describe('publishOrder', () => {
  it('has each package after those that it depends on', () => {
    const order = publishOrder(new Map(manifests.map(({ manifest }) => [manifest.name, manifest])))
    expect(order).toHaveLength(manifests.length)
    for (const { manifest } of manifests) {
      for (const name of Object.keys(manifest.dependencies ?? {}).filter((each) => order.includes(each))) {
        expect(order.indexOf(name)).toBeLessThan(order.indexOf(manifest.name))
      }
    }
  })
})

describe('notesOf', () => {
  const changelog = '# Changelog\n\n## 0.2.0 (2026-12-01)\n\nTwo.\n\n## 0.1.0\n\nOne.\n'

  it('is what stands under the heading of the version', () => {
    expect(notesOf(changelog, '0.2.0')).toBe('Two.')
    expect(notesOf(changelog, '0.1.0')).toBe('One.')
    expect(notesOf(changelog, '0.3.0')).toBe('')
  })
})

it('a bill of materials that lacks what is installed is found', () => {
  const sbom = JSON.stringify({
    components: [
      { name: 'socks', version: '2.8.10' },
      { group: '@noble', name: 'hashes', version: '2.4.0' },
    ],
  })
  const installed = [
    { name: 'socks', version: '2.8.10' },
    { name: '@noble/hashes', version: '2.4.0' },
  ]
  expect(missingFromSbom(sbom, installed)).toEqual([])
  const more = [...installed, { name: 'ws', version: '8.23.0' }, { name: 'socks', version: '2.8.11' }]
  expect(missingFromSbom(sbom, more)).toEqual(['ws 8.23.0', 'socks 2.8.11'])
})
