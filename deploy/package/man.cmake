# Makes the man page of a program from what the program itself says, so that neither can be wrong
# alone: its settings come from the table of kit/settings_table.c, like its --help.
#
#   cmake -D PROGRAM=FILE -D TARGET=FILE.1 -D VERSION=1.2.3 -D ABOUT="what it does" -P man.cmake
cmake_minimum_required(VERSION 3.25)
get_filename_component(name ${PROGRAM} NAME)
string(TOUPPER ${name} title)

function(run variable)
  execute_process(COMMAND ${PROGRAM} ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

# As it is, without filling; what roff would take for its own is escaped.
function(verbatim variable text)
  string(REPLACE "\\" "\\e" text "${text}")
  string(REPLACE "-" "\\-" text "${text}")
  string(REPLACE "\n." "\n\\&." text "${text}")
  string(REPLACE "\n'" "\n\\&'" text "${text}")
  set(${variable} ".nf\n${text}.fi\n" PARENT_SCOPE)
endfunction()

string(REPLACE "-" "\\-" roff_name "${name}")
set(page ".\\\" Made from the program's own words by deploy/package/man.cmake.\n")
string(APPEND page ".TH ${title} 1 \"\" \"Shortfall ${VERSION}\"\n.SH NAME\n${roff_name} \\- ${ABOUT}\n")

if(name STREQUAL "shortfall")
  run(help help)
  verbatim(help "${help}")
  string(APPEND page ".SH SYNOPSIS\n${help}.SH COMMANDS\n")
  execute_process(COMMAND ${PROGRAM} help OUTPUT_VARIABLE list COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "\n  [a-z]+( [a-z-]+)?" commands "${list}")
  foreach(command IN LISTS commands)
    string(STRIP "${command}" command)
    if(command MATCHES "^help")
      continue()
    endif()
    string(REPLACE " " ";" words "${command}")
    run(text help ${words})
    verbatim(text "${text}")
    string(APPEND page ".SS ${command}\n${text}")
  endforeach()
else()
  run(help --help)
  verbatim(help "${help}")
  if(name MATCHES "sequencer|allocator|caseworker")
    string(APPEND page ".SH SYNOPSIS\n.B ${roff_name}\n[\\fIOPTION\\fR...]\n.br\n.B ${roff_name} validate\n[\\fIOPTION\\fR...]\n")
    string(APPEND page ".SH OPTIONS\n${help}")
    string(APPEND page ".SH EXIT STATUS\n"
      ".TP\n0\nAsked to stop; all is committed.\n"
      ".TP\n1\nIt could not go on; a restart restores.\n"
      ".TP\n78\nThe configuration is wrong; the log says what, where and what to do.\n"
      ".TP\n79\nAnother process has its slot: do not restart it by itself.\n")
  else()
    string(APPEND page ".SH DESCRIPTION\n${help}")
  endif()
endif()
string(APPEND page ".SH FILES\n"
  ".TP\n/etc/shortfall/shortfall.conf\nThe settings that the units name by \\-\\-config.\n"
  ".TP\n/etc/shortfall/policies\nThe policies, and the words of the messages.\n"
  ".TP\n/usr/share/shortfall/schemas\nThe Avro schemas.\n"
  ".SH SEE ALSO\n.BR shortfall (1),\n.BR shortfall\\-sequencer (1),\n.BR shortfall\\-allocator (1),\n"
  ".BR shortfall\\-caseworker (1)\n")
file(WRITE ${TARGET} "${page}")
