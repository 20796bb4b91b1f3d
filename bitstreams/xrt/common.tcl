# SPDX-License-Identifier: Apache-2.0
# What the scripts of this folder share: a target's settings, and the sources.

# The lines name=value of a file, as a dictionary. Empty lines and those that begin with # are nothing.
proc read_settings {path} {
    set settings [dict create]
    set file [open $path r]
    foreach line [split [read $file] \n] {
        set line [string trim $line]
        if {$line eq "" || [string index $line 0] eq "#"} continue
        if {![regexp {^([A-Za-z_]+)=(.*)$} $line -> name value]} {
            close $file
            error "$path: not a line of the form name=value: $line"
        }
        dict set settings $name $value
    }
    close $file
    foreach name {platform part clock_mhz} {
        if {![dict exists $settings $name]} { error "$path: there is no $name" }
    }
    return $settings
}

# Settings in capitals are parameters of the core.
proc core_parameters {settings} {
    set parameters [dict create]
    dict for {name value} $settings {
        if {[string is upper -strict [string map {_ ""} $name]]} { dict set parameters $name $value }
    }
    return $parameters
}

# The RTL, in the order in which it must be read; without what is for the simulator alone.
proc rtl_sources {root} {
    set sources {}
    set file [open [file join $root rtl systole.f] r]
    foreach line [split [read $file] \n] {
        set line [string trim [regsub {//.*} $line ""]]
        if {$line eq "" || [string match *_dpi.sv $line]} continue
        lappend sources [file join $root $line]
    }
    close $file
    return $sources
}
