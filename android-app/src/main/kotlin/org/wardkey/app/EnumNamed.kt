package org.wardkey.app

/** The constant that was saved or sent as [name]; null if there is none, as after an update. */
internal inline fun <reified E : Enum<E>> enumNamed(name: String?): E? =
    enumValues<E>().find { it.name == name }
