#!/bin/sh
# A container without an engine, for a program of this repository: a read-only root of its own with the machine's
# libraries, /app, /models, a /tmp in memory, no rights and the user of the image. Runs in a mount namespace of its own.
#   container.sh ROOT APP MODELS DOTNET HOSTS UID:GID PROGRAM [ARGUMENT...]
# ROOT is an empty folder; HOSTS is its /etc/hosts. Every exec keeps the process id: a signal reaches the program.
set -e
root=$1 app=$2 models=$3 dotnet=$4 hosts=$5 user=$6
shift 6
mount -t tmpfs -o size=1m,mode=0755 root "$root"
cd "$root"
mkdir app dev dotnet etc models proc tmp usr
ln -s usr/bin usr/lib usr/sbin .
[ ! -d /usr/lib64 ] || ln -s usr/lib64 .
cp "$hosts" etc/hosts
echo "hosts: files" > etc/nsswitch.conf
for folder in "/usr usr" "$app app" "$models models" "$dotnet dotnet"; do
  mount --bind $folder
  mount -o remount,bind,ro "${folder#* }"
done
mount --rbind /dev dev
mount --rbind /proc proc
mount -t tmpfs -o size=64m,mode=1777 tmp tmp
mount -o remount,ro "$root"
exec chroot . /usr/bin/setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups --bounding-set=-all --no-new-privs \
  /usr/bin/env --chdir=/app "$@"
