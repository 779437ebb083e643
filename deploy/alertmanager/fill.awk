# Fills the configuration in from the environment, in a container and in the local stack alike:
#   ${NAME} or ${NAME:-default}   what the variable holds
#   a block from "# if NAME" to "# end" is left out where NAME is empty
/# if [A-Z_]+$/ { left_out = ENVIRON[$NF] == "" }
!left_out {
    rest = $0
    filled = ""
    while (match(rest, /\$\{[A-Z_]+(:-[^}]*)?\}/)) {
        name = substr(rest, RSTART + 2, RLENGTH - 3)
        fallback = ""
        if (at = index(name, ":-")) {
            fallback = substr(name, at + 2)
            name = substr(name, 1, at - 1)
        }
        value = ENVIRON[name] == "" ? fallback : ENVIRON[name]
        if (value ~ /["\\]/) {
            print name " holds a quote or a backslash" > "/dev/stderr"
            exit 1
        }
        filled = filled substr(rest, 1, RSTART - 1) value
        rest = substr(rest, RSTART + RLENGTH)
    }
    print filled rest
}
/# end$/ { left_out = 0 }
