# Makes what all hosts of a kind have in common: a layer over this machine's own file system.
#
# $1: folder in which the layer is made, as `upper`. $2: `bare`, or `postgresql`: this machine's, without its clusters.
set -eu
cd "$1"
mkdir upper work root
# What is this machine's own business is hidden: all that no Debian has, and what folders for people hold.
for path in /* /.[!.]*; do
  case $path in
  /bin | /boot | /dev | /etc | /lib* | /proc | /run | /sbin | /sys | /usr | /var) ;;
  *) mknod "upper$path" c 0 0 ;;
  esac
done
mount -t overlay image -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" root
cd root
mkdir -p home media mnt opt srv
mkdir -m 700 -p root
mkdir -m 1777 -p tmp
mount -t proc proc proc
mount -t tmpfs dev dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/urandom c 1 9
mount -t tmpfs -o mode=755 run run
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

chroot . bash -eu -s "$2" <<'IN'
rm -rf /var/lib/apt/lists /var/cache/apt/archives /var/log/* /etc/apt/sources.list /etc/apt/sources.list.d
rm -f /etc/ssh/ssh_host_*
# Nothing runs that a package that goes would have to stop.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
mkdir -p /etc/apt/sources.list.d /var/lib/apt/lists/partial /var/cache/apt/archives/partial
# Time for nothing: pages of manuals, and their index.
rm -f /var/lib/man-db/auto-update
printf 'path-exclude /usr/share/%s/*\n' man doc locale >/etc/dpkg/dpkg.cfg.d/hosts
echo 'deb [trusted=yes] file:/srv/packages ./' >/etc/apt/sources.list
purge() { # patterns of packages
  dpkg-query -W -f '${Package} ${Status}\n' "$@" 2>/dev/null | awk '$NF != "not-installed" { print $1 }' |
    xargs -r dpkg --no-triggers --purge
}
# What other tests need of this machine. A host installs its own.
purge patroni etcd-server etcd-client pg-auto-failover-cli 'repmgr*' 'postgresql-*-repmgr' 'postgresql-*-auto-failover'
if [ "$1" = bare ]; then
  purge 'postgresql*' ssl-cert
  rm -rf /etc/postgresql* /var/lib/postgresql /usr/lib/postgresql
  ! getent passwd postgres >/dev/null || userdel postgres
else
  rm -rf /etc/postgresql/* /var/lib/postgresql/* /var/log/postgresql
  install -d -o root -g postgres -m 1775 /var/log/postgresql
fi
rm /usr/sbin/policy-rc.d
for user in admin careful plain; do
  useradd --create-home --shell /bin/bash "$user"
done
printf '%s\n' careful:correct-horse plain:battery-staple | chpasswd
cat >/etc/sudoers.d/hosts <<'END'
admin ALL=(ALL) NOPASSWD: ALL
careful ALL=(ALL) ALL
END
chmod 440 /etc/sudoers.d/hosts
cat >/etc/ssh/sshd_config <<'END'
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized_keys/%u
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM yes
PrintMotd no
END
IN
umount run dev proc
cd ..
umount root
