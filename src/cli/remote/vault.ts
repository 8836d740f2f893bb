import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Instant } from '../../time.js'
import { readPrivate, writePrivate } from './private-file.js'
import { stateFolder, type Settings } from './settings.js'
import type { World } from './world.js'

/** A sign-in as it is kept. */
export interface SignIn {
  /** What the broker gets. */
  readonly token: string
  readonly expiresAt: Instant
  readonly refreshToken?: string
}

/** Where one sign-in is kept. It belongs to one broker, one issuer and one client: no other address is sent its token. */
export interface Vault {
  /** The file beside which the lock of this sign-in lies. */
  readonly path: string
  read(): Promise<SignIn | undefined>
  /** Resolves to where it is now, in words. */
  write(signIn: SignIn): Promise<string>
  clear(): Promise<void>
}

/** The system's keyring where there is one that works and is wanted, else a file of mode 0600. */
export async function openVault(
  world: World,
  { url, issuer, clientId, keyring: wanted }: Settings,
): Promise<Vault> {
  const name = JSON.stringify([url, issuer, clientId])
  const path = join(
    stateFolder(world),
    'sign-in',
    `${Buffer.from(name).toString('base64url').slice(-200)}.json`,
  )
  /** What was kept, if it is whole and of this name. */
  const parse = (text: string | null | undefined): SignIn | undefined => {
    try {
      const kept = JSON.parse(text ?? '') as SignIn & { readonly name: string }
      return kept.name === name && typeof kept.token === 'string' ? kept : undefined
    } catch {
      return undefined
    }
  }
  const keyring = wanted === 'off' ? undefined : await openKeyring(name)
  /** Whether the keyring has it now; one that only seems to be there throws, or forgets. */
  const writeKeyring = (text: string): boolean => {
    try {
      keyring?.setPassword(text)
      return keyring?.getPassword() === text
    } catch {
      return false
    }
  }
  return {
    path,
    read: async () => parse(keyring?.getPassword()) ?? parse(await readPrivate(path, world)),
    async write(signIn) {
      const text = JSON.stringify({ name, ...signIn })
      if (writeKeyring(text)) {
        await rm(path, { force: true })
        return "the system's keyring"
      }
      await writePrivate(path, text, world.random)
      return `${path} (mode 0600)`
    },
    async clear() {
      if (parse(keyring?.getPassword())) keyring?.deletePassword()
      await rm(path, { force: true })
    },
  }
}

interface Entry {
  getPassword(): string | null
  setPassword(password: string): void
  deletePassword(): boolean
}

/** The entry of this name, if the optional package is installed and the system has a keyring that can be asked. */
async function openKeyring(name: string): Promise<Entry | undefined> {
  try {
    const { Entry } = await import('@napi-rs/keyring')
    const entry: Entry = new Entry('stint', name)
    entry.getPassword()
    return entry
  } catch {
    return undefined
  }
}
