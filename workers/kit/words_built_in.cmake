# Makes a C file of the words in FOLDER (LOCALE/NAME.txt), so that they are compiled in.
#
#   cmake -D FOLDER=… -D TARGET=….c -P words_built_in.cmake
file(GLOB paths RELATIVE ${FOLDER} ${FOLDER}/*/*.txt)
list(SORT paths)
set(number 0)
set(arrays "")
set(rows "")
foreach(path IN LISTS paths)
  file(READ ${FOLDER}/${path} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(................................................................................)"
                       "\\1\n    " bytes "${bytes}")
  string(APPEND arrays "static const unsigned char file_${number}[] = {\n    ${bytes}\n};\n\n")
  string(APPEND rows "    {\"${path}\", file_${number}, sizeof file_${number}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${TARGET}
  "#include \"kit/words_source.h\"\n\n${arrays}"
  "const struct words_built_in words_built_in[] = {\n${rows}};\n\n"
  "const size_t words_built_in_count = sizeof words_built_in / sizeof *words_built_in;\n")
