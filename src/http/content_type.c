/* SPDX-License-Identifier: MIT */
#include "http/content_type.h"
#include "http/headers.h"

/* Moves the type to *essence and leaves the parameters in *text; false when it is no type. */
static bool take_essence(ah_str *text, ah_str *essence)
{
    size_t end = ah_str_find(*text, ';');
    ah_str type;

    *essence = ah_str_trim(ah_str_slice(*text, 0, end));
    ah_str subtype = *essence;
    *text = ah_str_slice(*text, end, text->len);
    return ah_str_split(&subtype, '/', &type) && ah_field_name_is_valid(type) &&
           ah_field_name_is_valid(subtype);
}

bool ah_content_type_read(ah_content_type *type, ah_arena *arena, ah_str text)
{
    ah_str rest = text;
    ah_str essence;

    if (!take_essence(&rest, &essence)) {
        essence = AH_STR("application/octet-stream");
        rest = AH_STR("");
    }
    size_t slash = ah_str_find(essence, '/');
    *type = (ah_content_type){.params = NULL};
    type->essence = ah_str_make(ah_copy_lower(arena, essence), essence.len);
    type->params = ah_params_read(&rest, '\0', arena);
    if (!type->essence.ptr || !type->params)
        return false;
    type->type = ah_str_slice(type->essence, 0, slash);
    type->subtype = ah_str_slice(type->essence, slash + 1, essence.len);

    ah_str charset = ah_str_from(ah_params_find(type->params, "charset"));
    if (charset.len > 0)
        type->charset = ah_str_make(ah_copy_lower(arena, charset), charset.len);
    return charset.len == 0 || type->charset.ptr;
}

bool ah_content_type_is_json(const ah_content_type *type)
{
    return ah_str_equal(type->essence, AH_STR("application/json")) ||
           ah_str_ends_with(type->subtype, AH_STR("+json"));
}

bool ah_content_type_is(const ah_content_type *type, ah_str expected)
{
    expected = ah_str_trim(ah_str_slice(expected, 0, ah_str_find(expected, ';')));
    if (ah_str_equal_nocase(expected, AH_STR("application/json")))
        return ah_content_type_is_json(type);
    return ah_str_equal_nocase(expected, type->essence);
}
