# The room that test hosts stand in: namespaces of its own, held by this process. When it ends, whatever ends it, every
# host, mount and link in them is gone. It ends with its input, which is a pipe from the test.
#
# $1: an empty folder, the same inside and outside; what is mounted there is seen in here only.
set -eu
mount -t tmpfs -o mode=755 rack "$1"
# `ip netns` keeps names of network namespaces below /run.
mount -t tmpfs -o mode=755 run /run
mkdir /run/netns
ip link set lo up
ip link add switch type bridge
ip link set switch up
echo ready
while read -r _; do :; done
