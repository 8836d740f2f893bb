/** The choices of options, apart from the commands themselves, so that help loads none of them. */
export const setUpFormats = ['json', 'cloudformation', 'terraform'] as const
export type SetUpFormat = (typeof setUpFormats)[number]

export const lintFormats = ['text', 'json', 'sarif'] as const
export type LintFormat = (typeof lintFormats)[number]

/** From which level on a finding makes the exit code that of a failure. */
export const failLevels = ['error', 'warn'] as const
export type FailLevel = (typeof failLevels)[number]
