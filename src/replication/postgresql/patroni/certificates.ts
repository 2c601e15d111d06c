import { quoteShell, type Script } from '../script.js'

/** Where the store's certificates are, on every node. */
export const STORE_DIR = '/etc/sluice/store'

/** One node's: base64, as it travels. */
export interface Certificate {
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

const VALID_DAYS = 3650

/**
 * The store of the members decides who may write, so nobody else may speak to it. The authority is made once, on one node,
 * and its key stays there; each node has a certificate for its own address.
 */
export function issue(addresses: readonly string[]): Script {
  const each = addresses
    .map((address) => {
      const file = `issued/${address.replaceAll(':', '-')}`
      return `[ -e ${file}.crt ] || {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj ${quoteShell(`/CN=${address}`)} -keyout ${file}.key -out ${file}.csr
  openssl x509 -req -in ${file}.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days ${VALID_DAYS} -extfile <(printf 'subjectAltName=IP:%s,IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' ${address}) -out ${file}.crt
} >&2
echo "issued ${address} $(base64 -w0 <${file}.crt) $(base64 -w0 <${file}.key)"`
    })
    .join('\n')
  return {
    as: 'root',
    text: `umask 022
mkdir -p /etc/sluice
umask 077
mkdir -p /etc/sluice/authority/issued
cd /etc/sluice/authority
[ -e authority.crt ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=sluice' -days ${VALID_DAYS} -keyout authority.key -out authority.crt >&2
echo "authority $(base64 -w0 <authority.crt)"
${each}`,
  }
}

/** @param said what `issue` said. */
export function readIssued(said: string): ReadonlyMap<string, Certificate> {
  const lines = said.split('\n').map((line) => line.split(' '))
  const authority = lines.find(([what]) => what === 'authority')?.[1] ?? ''
  return new Map(
    lines.flatMap(([what, address = '', certificate = '', key = '']) =>
      what === 'issued' ? [[address, { authority, certificate, key }] as const] : [],
    ),
  )
}

/** Puts one node's in its place, readable for the store and for the engine. */
export function install({ authority, certificate, key }: Certificate): Script {
  return {
    as: 'root',
    text: `umask 022
mkdir -p ${STORE_DIR}
cd ${STORE_DIR}
put() { read -r text; printf %s "$text" | base64 -d >"$1.new"; chown root:"$2" "$1.new"; chmod "$3" "$1.new"; mv "$1.new" "$1"; }
put authority.crt root 644
put node.crt root 644
umask 077
put node.key etcd 640
cp node.key engine.key
chown postgres engine.key
chmod 600 engine.key`,
    input: `${authority}\n${certificate}\n${key}\n`,
  }
}
