import type { Limits, Role } from '../catalog/catalog.js'
import type { CallerKind } from '../identity/caller.js'
import type { Ask } from './decision.js'

/** What an ask is held to: how long the window, and how long the reason. */
interface Terms {
  readonly window: Limits['window']
  readonly reason: Role['reason']
}

/** The role's own terms; of an emergency the narrower of these and its own. */
export function termsOf(role: Role, kind: CallerKind, ask: Ask): Terms {
  const { window } = role.limits[kind]
  const { breakGlass, reason } = role
  if (!ask.breakGlass || !breakGlass) return { window, reason }
  const most = Math.min(window.max, breakGlass.window)
  return {
    window: { default: Math.min(window.default, most), max: most },
    reason: { ...reason, min: Math.max(reason.min, breakGlass.reason) },
  }
}
