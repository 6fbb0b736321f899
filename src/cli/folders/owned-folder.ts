import { rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { ImagegenError } from '../../shared/errors.ts'
import { readFileIfThere, writeFileAtomic, writeFileIfChanged } from '../../shared/files.ts'
import { sha256 } from '../../shared/hash.ts'
import { realPathOf } from '../../shared/real-path.ts'
import { isRecord } from '../../shared/record.ts'

/** A command that writes many files into a folder that the user named. */
export interface FolderOwner {
  readonly command: 'export' | 'report'
  /** The file that lists the others with their hashes. It is written last. */
  readonly list: string
  /**
   * Whether the command may have written a file of this name. A list that came with the project must not make the command
   * remove other files.
   */
  readonly isOurs: (name: string) => boolean
}

/** A file to write. */
export interface WantedFile {
  readonly sha256: string
  /** @throws if the bytes are others by now. */
  readonly read: () => Uint8Array | Promise<Uint8Array>
}

/** The changes to a folder. */
export interface FolderChanges {
  readonly written: readonly string[]
  readonly unchanged: readonly string[]
  readonly removed: readonly string[]
}

/** A list as it is in its file: whoever wrote it. */
type List = Readonly<Record<string, unknown>>

/** What an update makes of a folder. */
export interface FolderUpdate {
  /** The files by their name in the folder, with `/`. */
  readonly wanted: ReadonlyMap<string, WantedFile>
  /** Whether a file of an earlier run stays although it is not wanted now. Default: none. */
  readonly stays?: (name: string) => boolean
  /** The list, from the files that are listed: those that stay, then the wanted ones. */
  readonly listOf: (files: ReadonlyArray<readonly [name: string, sha256: string]>) => object
}

/** A folder in which one command owns some files, and the user may own others. */
export interface OwnedFolder {
  /**
   * The list of an earlier run; `undefined` without one.
   *
   * @throws ImagegenError with code `usage` if the file is another's, or a link is in its place.
   */
  list(): List | undefined
  /**
   * Writes changed files, and removes files of an earlier run that are no longer needed. Files that the user added or
   * changed stay.
   *
   * @throws ImagegenError with code `usage` if a user's file has a wanted name, or a link is in the way; nothing is
   *   written then.
   */
  update(update: FolderUpdate): Promise<FolderChanges>
}

/** @param folder absolute path; created if needed. */
export function ownFolder(folder: string, owner: FolderOwner): OwnedFolder {
  function list(): List | undefined {
    refuseLinks([owner.list])
    const bytes = readFileIfThere(path.join(folder, owner.list))
    if (bytes === undefined) return undefined
    const found = parse(bytes.toString('utf8'))
    if (found === undefined) refuse([owner.list])
    return found
  }

  function listedFiles(): ReadonlyMap<string, string> {
    const { files } = list() ?? {}
    return new Map(
      Object.entries(isRecord(files) ? files : {}).flatMap(([name, hash]) =>
        typeof hash === 'string' && isPlain(name) && owner.isOurs(name) ? [[name, hash]] : [],
      ),
    )
  }

  /**
   * Whether a file, or a folder on the way to it, is a symbolic link. The folder that the user named may be a link, but a
   * link below it may have come with the project and must not lead elsewhere.
   */
  function isBehindLink(name: string): boolean {
    const real = path.join(realPathOf(folder), name)
    return realPathOf(real) !== real
  }

  function refuseLinks(names: readonly string[]): void {
    const linked = names.filter(isBehindLink)
    if (linked.length === 0) return
    throw new ImagegenError('usage', {
      message: `In ${folder} a symbolic link is in the way of ${namesOf(linked)}: \`imagegen ${owner.command}\` writes and removes nothing behind links.`,
      hint: `Remove the link, or ${owner.command} into another folder.`,
    })
  }

  function refuse(names: readonly string[]): void {
    if (names.length === 0) return
    throw new ImagegenError('usage', {
      message: `${folder} holds files that \`imagegen ${owner.command}\` did not write, or that were changed since: ${namesOf(names)}.`,
      hint: `Nothing was written. Move them away, or ${owner.command} into another folder.`,
    })
  }

  return {
    list,
    async update({ wanted, listOf, stays = () => false }) {
      const before = listedFiles()
      refuseLinks([...wanted.keys()])
      const hashes = [...wanted].map(([name, file]) => [name, file.sha256] as const)
      const present = new Map(
        [...new Set([...wanted.keys(), ...before.keys()])].map((name) => {
          const bytes = isBehindLink(name) ? undefined : readFileIfThere(path.join(folder, name))
          return [name, bytes === undefined ? undefined : sha256(bytes)]
        }),
      )
      const isUnchanged = (name: string): boolean => present.get(name) === before.get(name)
      const written = hashes.flatMap(([name, hash]) => (present.get(name) === hash ? [] : [name]))
      refuse(written.filter((name) => present.get(name) !== undefined && !isUnchanged(name)))
      for (const [name, file] of wanted) {
        if (present.get(name) === file.sha256) continue
        const bytes = await file.read()
        refuseLinks([name])
        await writeFileAtomic(path.join(folder, name), bytes)
      }
      // On a case-insensitive file system, another spelling of a name may be the file that was just written.
      const kept = new Set([...wanted.keys()].map((name) => identityOf(path.join(folder, name))))
      const removed = [...before.keys()].filter(
        (name) =>
          !wanted.has(name) &&
          !stays(name) &&
          present.get(name) !== undefined &&
          isUnchanged(name) &&
          !kept.has(identityOf(path.join(folder, name))) &&
          !isBehindLink(name),
      )
      for (const name of removed) rmSync(path.join(folder, name))
      const staying = [...before].filter(([name]) => !wanted.has(name) && stays(name))
      const content = listOf([...staying, ...hashes])
      await writeFileIfChanged(
        path.join(folder, owner.list),
        `${JSON.stringify(content, undefined, 2)}\n`,
      )
      const unchanged = hashes.flatMap(([name, hash]) => (present.get(name) === hash ? [name] : []))
      return { written, unchanged, removed }
    },
  }
}

function parse(text: string): List | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) && value['version'] === 1 && isRecord(value['files']) ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether a name is that of a file below the folder, spelled without detours. */
function isPlain(name: string): boolean {
  return name
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\p{Cc}]/u.test(part))
}

/** Identifies a file by device and inode; undefined if it does not exist. */
function identityOf(file: string): string | undefined {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`
}

function namesOf(names: readonly string[]): string {
  return `${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`
}
