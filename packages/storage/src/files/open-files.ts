import { type FileHandle, open } from 'node:fs/promises'

/** Files that are kept open between two reads of them. */
const MAX_OPEN_FILES = 16

interface OpenFile {
  readonly handle: Promise<FileHandle>
  readers: number
  /** To be closed when the last reader is done with it. */
  isLeft: boolean
}

/** Files that are read from, a few of which stay open. */
export class OpenFiles {
  /** In the order of their last use. */
  readonly #files = new Map<string, OpenFile>()

  /** Reads from a file: until the end of `read` it stays open. */
  async use<T>(path: string, read: (handle: FileHandle) => Promise<T>): Promise<T> {
    const file = this.#files.get(path) ?? { handle: open(path, 'r'), readers: 0, isLeft: false }
    this.#files.delete(path)
    this.#files.set(path, file)
    file.readers += 1
    try {
      return await read(await file.handle)
    } catch (error) {
      this.forget(path)
      throw error
    } finally {
      file.readers -= 1
      this.#close(file)
      if (this.#files.size > MAX_OPEN_FILES) this.forget(this.#files.keys().next().value!)
    }
  }

  /** Lets go of a file, once those that read it are done. */
  forget(path: string): void {
    const file = this.#files.get(path)
    if (file === undefined) return
    this.#files.delete(path)
    file.isLeft = true
    this.#close(file)
  }

  close(): void {
    for (const path of [...this.#files.keys()]) this.forget(path)
  }

  #close(file: OpenFile): void {
    if (!file.isLeft || file.readers > 0) return
    void file.handle.then((handle) => handle.close()).catch(() => undefined)
  }
}
