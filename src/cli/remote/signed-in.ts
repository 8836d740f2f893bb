import type { Instant } from '../../time.js'
import { withLock } from './lock.js'
import type { Output } from './output.js'
import type { Settings } from './settings.js'
import { Stop } from './stop.js'
import type { Tokens } from './tokens.js'
import { openVault, type SignIn, type Vault } from './vault.js'
import type { World } from './world.js'

const soon = 30_000
const holds = ({ expiresAt }: SignIn, now: Instant): boolean => expiresAt - now > soon

/**
 * The token of the person who signed in. It is renewed by its refresh token, once for all that run at the same time;
 * where that holds no longer, the person is told to sign in, or does so at once where `login` says that they may be asked.
 */
export function signedInTokens(world: World, settings: Settings, say: Output, login: boolean): Tokens {
  const source = `a sign-in at ${settings.issuer ?? 'nowhere'}`

  /** Under the lock: what others have renewed meanwhile, else renewed, else a new sign-in. */
  const anew = async (vault: Vault, enough: (kept: SignIn) => boolean): Promise<string> => {
    const kept = await vault.read()
    if (kept && enough(kept)) return kept.token
    const { refresh, signIn } = await import('./sign-in.js')
    const fresh =
      (kept?.refreshToken &&
        (await say.during('Renewing your sign-in', refresh(world, settings, kept.refreshToken)))) ||
      (login ? await signIn(world, settings, say, false) : undefined)
    if (!fresh) {
      if (kept) await vault.clear()
      throw new Stop(
        'unauthenticated',
        kept ? 'Your sign-in is over. Sign in: stint login' : 'You are not signed in. Sign in: stint login',
      )
    }
    await vault.write(fresh)
    return fresh.token
  }

  return {
    source,
    async current() {
      const vault = await openVault(world, settings)
      const kept = await vault.read()
      if (kept && holds(kept, world.clock())) return kept.token
      return withLock(vault.path, world, () => anew(vault, (other) => holds(other, world.clock())))
    },
    async renew(refused) {
      const vault = await openVault(world, settings)
      return withLock(vault.path, world, () => anew(vault, (other) => other.token !== refused)).catch(
        (error: unknown) => {
          // What the broker said of the token says more than that there is no other.
          if (error instanceof Stop && error.code === 'unauthenticated') return undefined
          throw error
        },
      )
    },
  }
}
