import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import type { AptSource } from '../../src/programs/apt-sources.ts'
import { runCommand } from '../../src/programs/run-command.ts'
import { OpenPgpSigner } from './open-pgp-signer.ts'

/** Bytes that each package is filled up with, so that one can be cut in its middle. */
const FILLING = 200_000
/** Bytes of a package that come before it stands still. */
const BEFORE_IT_STANDS = 100_000

/** A request of a package, and from which byte on. */
export interface AskedPackage {
  readonly name: string
  readonly from: number
}

/** An archive of Debian packages on this machine: signed, over HTTP, and slow where it is to be. */
export class DebianArchive implements AsyncDisposable {
  readonly source: AptSource
  /** The requests of packages, in their order. */
  readonly asked: AskedPackage[] = []
  /** How many packages still come whole: of each further one the first half does, and nothing more. */
  comesWhole: number = Infinity
  readonly #server: Server
  readonly #files: ReadonlyMap<string, Buffer>

  private constructor(server: Server, files: ReadonlyMap<string, Buffer>, keyring: string) {
    this.#server = server
    this.#files = files
    const { port } = server.address() as AddressInfo
    this.source = {
      uri: `http://127.0.0.1:${port}`,
      suites: ['test'],
      components: ['main'],
      signedBy: keyring,
    }
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#answer(request, response),
    )
  }

  /**
   * @param folder where its packages are made. @param names of the packages; each has an executable
   * `usr/bin/NAME`, which says its name, and needs those behind it.
   */
  static async start(folder: string, names: readonly string[]): Promise<DebianArchive> {
    const signer = new OpenPgpSigner()
    const keyring = join(folder, 'archive.gpg')
    await writeFile(keyring, signer.keyring)
    const files = new Map<string, Buffer>()
    const stanzas: string[] = []
    for (const [index, name] of names.entries()) {
      const deb = await makePackage(folder, name, names.slice(index + 1))
      const path = `pool/${name}_1.0_all.deb`
      files.set(`/${path}`, deb)
      stanzas.push(`${controlOf(name, names.slice(index + 1))}Filename: ${path}\n${sumOf(deb)}`)
    }
    const architecture = (await runCommand(['dpkg', '--print-architecture'])).trim()
    const list = Buffer.from(stanzas.join('\n'))
    const place = `main/binary-${architecture}/Packages`
    const release = releaseOf(architecture, place, list)
    files.set(`/dists/test/${place}`, list)
    files.set('/dists/test/InRelease', Buffer.from(signer.sign(release)))
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new DebianArchive(server, files, keyring)
  }

  /** Whether anybody is connected to it: apt is, as long as it waits for a package. */
  async isLeft(): Promise<boolean> {
    return await new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error === null ? resolve(count === 0) : reject(error)))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await this.#server[Symbol.asyncDispose]()
  }

  #answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const whole = this.#files.get(url)
    if (whole === undefined) {
      response.writeHead(404).end()
      return
    }
    const from = Number(/\d+/.exec(headers.range ?? '0')?.[0])
    const name = /^\/pool\/([^_]+)/.exec(url)?.[1]
    if (name !== undefined) this.asked.push({ name, from })
    const rest = whole.subarray(from)
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': rest.length,
      'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT',
      ...(from > 0 && { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` }),
    })
    if (name !== undefined && this.comesWhole-- <= 0) response.write(rest.subarray(0, BEFORE_IT_STANDS))
    else response.end(rest)
  }
}

function controlOf(name: string, needs: readonly string[]): string {
  const depends = needs.length === 0 ? '' : `Depends: ${needs.join(', ')}\n`
  return `Package: ${name}\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\n${depends}Description: for a test\n`
}

async function makePackage(folder: string, name: string, needs: readonly string[]): Promise<Buffer> {
  const tree = join(folder, name)
  await mkdir(join(tree, 'DEBIAN'), { recursive: true })
  await mkdir(join(tree, 'usr/bin'), { recursive: true })
  await writeFile(join(tree, 'DEBIAN/control'), controlOf(name, needs))
  await writeFile(join(tree, `usr/bin/${name}`), `#!/bin/sh\necho ${name}\n`)
  await chmod(join(tree, `usr/bin/${name}`), 0o755)
  await mkdir(join(tree, `usr/share/doc/${name}`), { recursive: true })
  await writeFile(join(tree, `usr/share/doc/${name}/copyright`), `of ${name}`)
  await writeFile(join(tree, `usr/share/${name}`), Buffer.alloc(FILLING, name))
  const file = join(folder, `${name}.deb`)
  await runCommand(['dpkg-deb', '-Znone', '--root-owner-group', '--build', tree, file])
  return await readFile(file)
}

function sumOf(bytes: Buffer): string {
  return `Size: ${bytes.length}\nSHA256: ${createHash('sha256').update(bytes).digest('hex')}\n`
}

function releaseOf(architecture: string, place: string, list: Buffer): string {
  const hash = createHash('sha256').update(list).digest('hex')
  return [
    'Origin: tests',
    'Suite: test',
    'Codename: test',
    'Date: Tue, 14 Nov 2023 22:13:20 UTC',
    `Architectures: ${architecture}`,
    'Components: main',
    'SHA256:',
    ` ${hash} ${list.length} ${place}`,
    '',
  ].join('\n')
}
