import { quoteShell, type Script } from '../script.js'

/** A program that the host looks after. */
export interface Service {
  /** Its unit of `systemd`. */
  readonly unit: string
  /** How it is started where there is no `systemd`: as whom, with what, and where its words go. */
  readonly user: string
  readonly command: string
  readonly logFile: string
}

/** Started now, and at every boot; returns at once. One that runs is left alone. */
export function startService({ unit, user, command, logFile }: Service): Script {
  const words = quoteShell(`exec >>${logFile} 2>&1; ${command}`)
  return {
    as: 'root',
    text: `if [ -d /run/systemd/system ]; then
  systemctl enable --quiet ${unit}
  systemctl start --no-block ${unit}
else
  start-stop-daemon --start --oknodo --quiet --background --make-pidfile --pidfile ${pidFile(unit)} --chuid ${user} --chdir / --startas /bin/bash -- -c ${words}
fi`,
  }
}

/** Stopped, and not started again when the machine boots. Returns when it has ended. */
export function stopService({ unit }: Service): Script {
  return {
    as: 'root',
    text: `if [ -d /run/systemd/system ]; then systemctl disable --quiet --now ${unit}
else start-stop-daemon --stop --oknodo --quiet --retry TERM/60 --remove-pidfile --pidfile ${pidFile(unit)}; fi`,
  }
}

/** A command that ends with 0 when it runs. */
export function isRunningCommand({ unit }: Service): string {
  return `{ if [ -d /run/systemd/system ]; then systemctl is-active --quiet ${unit}
else start-stop-daemon --status --pidfile ${pidFile(unit)}; fi; }`
}

/** The end of what it said. */
export function tailOfService({ unit, logFile }: Service): Script {
  const [journal, file] = [`journalctl --no-pager --lines 15 --unit ${unit}`, `tail -n 15 ${logFile}`]
  return { as: 'root', text: `if [ -d /run/systemd/system ]; then ${journal}; else ${file}; fi` }
}

function pidFile(unit: string): string {
  return `/run/sluice-${unit}.pid`
}
