# Sourced by bin/hunt and bin/test after set-up, whose downloads respect the proxy as it is given. From here on
# everything talks to nodes on this machine, which a proxy can't reach: it is told to leave loopback alone. Node
# reads these two when it starts, and so do curl and Go's programs; no_proxy comes first with all of them.
direct=${no_proxy:-${NO_PROXY:-}}
# A single * is every host, and is one only where it stands alone.
case $direct in
  '*') ;;
  # hunt that is started by hunt has it already.
  *localhost,127.0.0.1,::1) ;;
  *) direct=${direct:+$direct,}localhost,127.0.0.1,::1 ;;
esac
no_proxy=$direct
NO_PROXY=$direct
export no_proxy NO_PROXY
