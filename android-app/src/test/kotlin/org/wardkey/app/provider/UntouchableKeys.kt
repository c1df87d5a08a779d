package org.wardkey.app.provider

import org.wardkey.core.HardwareKeys
import org.wardkey.core.KeySpec
import org.wardkey.core.SigningPrompt
import java.util.concurrent.CopyOnWriteArrayList

/** Hardware that may not be asked for anything; [touched] tells what was, even if nobody heard the failure. */
internal class UntouchableKeys : HardwareKeys {
    val touched = CopyOnWriteArrayList<String>()

    override suspend fun generate(spec: KeySpec): List<ByteArray> = refuse("generate")

    override suspend fun sign(alias: String, message: ByteArray, prompt: SigningPrompt): ByteArray =
        refuse("sign")

    override fun delete(alias: String) = refuse("delete")

    override fun aliases(): List<String> = refuse("aliases")

    private fun refuse(what: String): Nothing {
        touched += what
        throw AssertionError("the hardware was asked to $what")
    }
}
