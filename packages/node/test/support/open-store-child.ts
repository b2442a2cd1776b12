import { openStore } from '../../src/store/open-store.node.ts'

/** Opens a store and closes it. @returns `opened`, or the code of the error. */
export async function codeOf(folder: string): Promise<string> {
  try {
    await (await openStore(folder)).close()
    return 'opened'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

const [, program, folder] = process.argv
if (program?.endsWith('open-store-child.ts') === true) process.stdout.write(`${await codeOf(folder!)}\n`)
