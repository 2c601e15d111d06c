# Power on: the first process of a test host, in namespaces of its own.
#
# $1: folder of the host: its disk in `upper`. $2: its name. $3: layers below its disk. $4: folder of packages, or nothing.
set -eu
disk=$1
mount --make-rprivate /
mount -t overlay "$2" -o "lowerdir=$3,upperdir=$disk/upper,workdir=$disk/work" "$disk/root"
cd "$disk/root"
if [ -n "$4" ]; then
  mkdir -p srv/packages
  mount --bind "$4" srv/packages
fi
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 dev dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=1777 shm dev/shm
mount -t tmpfs -o mode=755 run run
mkdir run/sshd
mkdir -m 1777 run/lock
mount -t tmpfs -o mode=1777 tmp tmp
# Addresses that nobody gave would be talked to.
[ ! -e proc/sys/net/ipv6 ] || echo 1 | tee proc/sys/net/ipv6/conf/*/disable_ipv6 >/dev/null
hostname "$2"
echo "$2" >etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$2" >etc/hosts
# Nobody answers questions about names here: then they fail at once.
rm -f etc/resolv.conf
[ -e etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -C "$2" -f etc/ssh/ssh_host_ed25519_key
# /var/run of the distribution's boot: what would be made by systemd-tmpfiles.
if chroot . id postgres >/dev/null 2>&1; then install -d -o 0 -g "$(chroot . id -g postgres)" -m 2775 run/postgresql; fi
echo "key $(cut -d' ' -f1,2 etc/ssh/ssh_host_ed25519_key.pub)"
mkdir -p mnt/before
pivot_root . mnt/before
exec chroot . /bin/bash -c '
  umount -l /mnt/before
  /usr/sbin/sshd -D -e &
  # Process 1: it takes in what others leave, and does not end.
  sleep infinity &
  wait' </dev/null
