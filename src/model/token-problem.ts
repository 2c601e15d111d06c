/**
 * Why a token was not believed. Never an error for the user whose cookie it was.
 *
 * `malformed`: not one of ours, or of a version to come. `forged`: no key of ours signed it. `expired`: believed, but
 * nothing in it is still in force.
 */
export type TokenProblem = 'malformed' | 'forged' | 'expired' | 'too-long'
