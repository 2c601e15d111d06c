// A process that makes a rack with a host in it, says so, and waits to be killed.
import { Rack } from './rack.js'

const rack = await Rack.start()
await rack.host('short-lived')
console.log(JSON.stringify({ pid: rack.pid, link: rack.link, folder: rack.folder }))
setInterval(() => undefined, 60_000)
