package org.wardkey.app.fakes

import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.isActive
import org.wardkey.core.HardwareKeys
import org.wardkey.core.KeyFailure
import org.wardkey.core.KeySpec
import org.wardkey.core.SigningPrompt
import java.security.KeyPair
import java.security.Signature
import java.util.concurrent.ConcurrentHashMap

/**
 * Keys in memory, certified by [attestation]: for tests of what surrounds the hardware. Whoever is asked for
 * a finger always gives it, unless [beforeSign] says otherwise; [beforeGenerate] and [beforeSign] run first
 * and may wait, throw, or take note. Needs a JVM and nothing of Android.
 */
internal class JvmKeys(
    val attestation: SyntheticAttestation = SyntheticAttestation(),
    private val strongBox: Boolean = true,
    private val beforeGenerate: suspend (KeySpec) -> Unit = {},
    private val beforeSign: suspend (SigningPrompt) -> Unit = {},
) : HardwareKeys {
    /** Alias → key. */
    val keys: MutableMap<String, KeyPair> = ConcurrentHashMap()

    override suspend fun generate(spec: KeySpec): List<ByteArray> {
        beforeGenerate(spec)
        if (spec.strongBox && !strongBox) throw KeyFailure.StrongBoxUnavailable()
        val pair = ecKeyPair()
        keys[spec.alias] = pair
        if (!currentCoroutineContext().isActive) {
            delete(spec.alias)
            throw KeyFailure.Cancelled()
        }
        return attestation.chain(pair.public, spec.attestationChallenge, spec.strongBox)
    }

    override suspend fun sign(alias: String, message: ByteArray, prompt: SigningPrompt): ByteArray {
        beforeSign(prompt)
        val pair = keys[alias] ?: throw KeyFailure.NotFound()
        return Signature.getInstance("SHA256withECDSA", SOFTWARE).run {
            initSign(pair.private)
            update(message)
            sign()
        }
    }

    override fun delete(alias: String) {
        keys -= alias
    }

    override fun aliases(): List<String> = keys.keys.toList()
}
