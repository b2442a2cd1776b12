import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'

/** A file that another one imports, both relative to the folder that was read. */
export interface FileImport {
  readonly from: string
  readonly to: string
}

/**
 * Every import between files of a folder, those of types included, tests left out. However the path is
 * written, it is the same file.
 * @throws Error for a relative path at which there is no file: nobody could say in which folder it is.
 */
export function readImports(
  folder: string,
  aliases: Readonly<Record<string, string>> = {},
): readonly FileImport[] {
  const found: FileImport[] = []
  for (const from of sourceFiles(folder)) {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(folder, from), 'utf8'), true, true)
    for (const { fileName } of importedFiles) {
      const target =
        aliases[fileName] ?? (fileName.startsWith('.') ? join(dirname(from), fileName) : undefined)
      if (target === undefined) continue
      const file = resolve(folder, target)
      if (!existsSync(file) || !statSync(file).isFile()) {
        throw new Error(`${join(folder, from)} imports ${fileName}, which is no file`)
      }
      const to = relative(resolve(folder), file)
      if (!to.startsWith('..')) found.push({ from, to })
    }
  }
  return found
}

/** Whether a file imports one of the packages, by name or by path. */
export function importsPackages(file: string): boolean {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true)
  return importedFiles.some(({ fileName }) => /^@sapwood\/|^\.\..*\/packages\//.test(fileName))
}

/** The source files of a folder, relative to it. */
export function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}
