package org.wardkey.app.hybrid.host

import kotlinx.coroutines.awaitCancellation
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.fakes.SOFTWARE
import org.wardkey.app.fakes.SyntheticAttestation
import org.wardkey.app.fakes.ecKeyPair
import org.wardkey.app.fakes.x509
import org.wardkey.core.HardwareKeys
import org.wardkey.core.KeyFailure
import org.wardkey.core.KeySpec
import org.wardkey.core.SigningPrompt
import java.io.File
import java.security.KeyFactory
import java.security.KeyPair
import java.security.spec.PKCS8EncodedKeySpec
import java.security.spec.X509EncodedKeySpec
import java.util.Base64

/**
 * The hardware of a phone that is a folder: one file for each key, named like it, and the manufacturer's
 * root. They outlive the process, also one that was killed; test keys all, in the open.
 */
internal class FolderKeys private constructor(
    private val folder: File,
    private val memory: JvmKeys,
) : HardwareKeys by memory {
    constructor(state: File, user: Behaviour = Behaviour.APPROVE) : this(
        File(state, "keys").apply { mkdirs() },
        JvmKeys(
            manufacturer(state),
            beforeSign = { prompt(user) },
        ),
    ) {
        folder.listFiles().orEmpty().forEach { memory.keys[it.name] = readPair(it) }
    }

    override suspend fun generate(spec: KeySpec): List<ByteArray> {
        val chain = memory.generate(spec)
        memory.keys[spec.alias]?.let { writePair(File(folder, spec.alias), it) }
        return chain
    }

    override fun delete(alias: String) {
        memory.delete(alias)
        File(folder, alias).delete()
    }

    /** What vouches for the keys, for relying parties under test. */
    fun rootPem(): String {
        val root = memory.attestation.root.encoded
        val lines = Base64.getMimeEncoder(64, "\n".toByteArray()).encodeToString(root)
        return "-----BEGIN CERTIFICATE-----\n$lines\n-----END CERTIFICATE-----\n"
    }
}

private suspend fun prompt(user: Behaviour) {
    System.err.println("phone: the prompt is open")
    when (user) {
        Behaviour.FAIL_VERIFICATION -> throw KeyFailure.VerificationFailed()
        Behaviour.HESITATE -> awaitCancellation()
        else -> Unit
    }
}

/** The phone's maker in the folder [state]: made at first, and the same from then on. */
internal fun manufacturer(state: File): SyntheticAttestation {
    val key = File(state, "root.key")
    val certificate = File(state, "root.der")
    if (certificate.exists()) return SyntheticAttestation(readPair(key), x509(certificate.readBytes()))
    state.mkdirs()
    val pair = ecKeyPair()
    return SyntheticAttestation(pair).also {
        writePair(key, pair)
        certificate.writeBytes(it.root.encoded)
    }
}

private fun writePair(file: File, pair: KeyPair) {
    val halves = listOf(pair.private, pair.public).map { Base64.getEncoder().encodeToString(it.encoded) }
    file.writeText(halves.joinToString("\n"))
}

private fun readPair(file: File): KeyPair {
    val (secret, public) = file.readLines().map(Base64.getDecoder()::decode)
    val factory = KeyFactory.getInstance("EC", SOFTWARE)
    return KeyPair(
        factory.generatePublic(X509EncodedKeySpec(public)),
        factory.generatePrivate(PKCS8EncodedKeySpec(secret)),
    )
}
