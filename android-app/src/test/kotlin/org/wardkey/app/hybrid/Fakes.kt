package org.wardkey.app.hybrid

import kotlinx.coroutines.CompletableDeferred
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOrder
import org.wardkey.core.HybridPhoneInterface
import org.wardkey.core.HybridTurn
import org.wardkey.core.Radio

/** A core that does what the test says, and remembers what it was told, and when. */
internal class ScriptedPhone(private val script: (HybridEvent) -> HybridTurn) : HybridPhoneInterface {
    val heard = mutableListOf<Pair<ULong, HybridEvent>>()
    val events get() = heard.map { it.second }

    override fun registers() = false

    override fun step(now: ULong, event: HybridEvent): HybridTurn {
        heard += now to event
        return script(event)
    }
}

internal fun turn(vararg orders: HybridOrder, deadline: ULong? = null) = HybridTurn(orders.toList(), deadline)

internal class FakeTunnel : Tunnel, TunnelConnection {
    val sent = mutableListOf<ByteArray>()
    lateinit var report: (HybridEvent) -> Unit
    val said = CompletableDeferred<Unit>()
    var isOpen = false

    override fun connect(order: HybridOrder.Connect, report: (HybridEvent) -> Unit): TunnelConnection {
        this.report = report
        isOpen = true
        return this
    }

    override fun send(bytes: ByteArray) {
        sent += bytes
    }

    override suspend fun close() {
        said.await()
        isOpen = false
    }

    override fun abort() {
        isOpen = false
    }
}

internal class FakeAdvertiser : Advertiser {
    var onAir: ByteArray? = null
    lateinit var failed: (Radio) -> Unit

    override fun advertise(serviceData: ByteArray, failed: (Radio) -> Unit) {
        onAir = serviceData
        this.failed = failed
    }

    override fun stop() {
        onAir = null
    }
}
